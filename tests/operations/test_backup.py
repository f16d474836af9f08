"""The commands backup and restore: everything is restored, and nothing is overwritten unasked."""

import re
import shutil
import sqlite3
import stat
import time
from contextlib import closing
from io import BytesIO
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.core.management.color import no_style
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Page

from accounts.models import LoginAttempt
from caching.content_version import content_version
from operations.backup import BackupError, archive, create, files, postgresql, restore, sqlite
from safeguarding.models import Ledger
from search.models import VocabularyGroup
from tests.support import builders
from tests.support.backups import checksums, restore_site, row_counts, save_site

pytestmark = pytest.mark.usefixtures("whole_database")


def make_rich_site():
    """Create a site with content of every kind, and return the addresses of some of its pages."""
    image, document = builders.make_image(), builders.make_document()
    shown = {"image": image.pk, "alt_text": "A lamp", "decorative": False}
    story = builders.make_story(
        "Long road",
        countries=["KE", "BO"],
        themes=["Mining"],
        authors=["Ada"],
        lead_image=image,
        lead_image_alt="A lamp",
        body=[
            # \N means NULL in the format of PostgreSQL's COPY, and a tab ends a column.
            {"type": "text", "value": "<p>A backslash \\N, a tab\t, é, 漢 and 🙂.</p>"},
            {"type": "document", "value": {"document": document.pk, "title": "The leaflet"}},
            {"type": "pictures", "value": {"pictures": [{"image": shown, "caption": ""}]}},
        ],
    )
    builders.make_story("A draft", live=False)
    private = builders.make_private(builders.make_plain_page("For members"))
    builders.make_user("Editors", username="amina")
    Ledger.get()  # A restore makes this row where it is missing.
    VocabularyGroup.objects.create(terms="road\nhighway")
    SearchPromotion.objects.create(query=Query.get("road"), page=story, sort_order=0)
    return ["/", "/stories/", story.url, "/stories/?country=kenya", "/search/?q=road", private.url]


def delete_everything(media_root):
    """Empty every table of a model, and delete every file."""
    shutil.rmtree(media_root)
    tables = connection.introspection.django_table_names(only_existing=True)
    statements = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)


def test_restore_brings_everything_back(client, media_root, tmp_path):
    addresses = make_rich_site()
    pages = [client.get(address).content for address in addresses]
    assert b"Long road" in pages[2]
    client.force_login(get_user_model().objects.get(username="amina"))
    # Backups leave out attempts to sign in, as they leave out sessions.
    LoginAttempt.objects.create(digest="of a name", last=timezone.now())
    before, files, newest = row_counts(), checksums(media_root), Page.objects.latest("pk").pk
    assert len(files) > 3
    output = save_site(tmp_path / "site.zip")
    assert f"{len(files)} files" in output
    client.logout()

    delete_everything(media_root)
    assert Page.objects.count() == 0
    cache.set("cached", "of the old site")
    version = content_version.read()
    restore_site(tmp_path / "site.zip")

    assert row_counts() == before
    assert checksums(media_root) == files
    assert [client.get(address).content for address in addresses] == pages
    assert content_version.read() != version, "no page of the old site is shown"
    assert cache.get("cached") is None
    assert not Session.objects.exists(), "sessions are not restored"
    again = builders.make_story("Afterwards")
    assert again.pk > newest
    assert client.get(again.url).status_code == 200


@pytest.mark.sqlite_only
def test_restore_over_a_site_needs_overwrite(client, media_root, tmp_path):
    story = builders.make_story("In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp")
    story.save_revision()
    kept = checksums(media_root)
    save_site(tmp_path / "site.zip")
    later = builders.make_story("Written later")
    later.save_revision()
    builders.make_image()
    next(path for path in media_root.rglob("*") if path.is_file()).write_bytes(b"no picture")
    here = row_counts(), checksums(media_root)

    with pytest.raises(
        CommandError, match=r"There is a site here already: 2 revisions, .*2 pictures, [0-9]+ files"
    ):
        restore_site(tmp_path / "site.zip")
    assert (row_counts(), checksums(media_root)) == here

    restore_site(tmp_path / "site.zip", overwrite=True)
    assert checksums(media_root) == kept
    assert client.get(story.url).status_code == 200
    assert client.get(later.url).status_code == 404


def test_progress_that_cannot_be_printed_changes_nothing(media_root, tmp_path):
    """The terminal may be gone before the restore ends."""
    builders.make_story("In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp")
    save_site(tmp_path / "site.zip")
    builders.make_story("Written later")
    shutil.rmtree(media_root)
    here = row_counts(), checksums(media_root)

    def report(line):
        # Each kind of database reports such a line before its change can no longer be undone.
        if re.search(r"tables|rows$", line):
            raise BrokenPipeError

    with pytest.raises(BackupError, match="Nothing was restored"):
        restore.restore_backup(tmp_path / "site.zip", report, overwrite=True)
    assert (row_counts(), checksums(media_root)) == here


@pytest.mark.sqlite_only
def test_backup_of_sqlite_ends_while_others_write(monkeypatch, tmp_path):
    """SQLite begins a copy in steps anew after each write, so that it would end only with the writer."""
    # The writer ends after 4 seconds at the latest.
    path, end, ended = tmp_path / "site.sqlite3", time.monotonic() + 4, Event()

    def write():
        with closing(sqlite3.connect(path, autocommit=True, timeout=20)) as other:
            while time.monotonic() < end and not ended.is_set():
                other.execute("INSERT INTO django_session VALUES (1)")

    with closing(sqlite3.connect(path, autocommit=True)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        # The tables that the backup reads or empties.
        for table in ("django_session (x)", "accounts_loginattempt (x)", "django_migrations (app, name)"):
            database.execute(f"CREATE TABLE {table}")
        # 60 MB, so that the other connection writes during the copy.
        database.execute("INSERT INTO django_session VALUES (zeroblob(60000000))")
        # The database of the tests is in memory, so a file takes its place. Calling `list` does nothing.
        own = {"settings_dict": {"NAME": path}, "connection": database, "ensure_connection": list}
        monkeypatch.setattr(sqlite, "connection", SimpleNamespace(ops=connection.ops, **own))
        writer = Thread(target=write)
        writer.start()
        with archive.new_archive(tmp_path / "site.zip") as backup:
            sqlite.save(backup, print)
        assert writer.is_alive()
        ended.set()
        writer.join()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's copy is of one moment")
def test_tables_are_not_rewritten_during_a_backup(media_root, tmp_path):
    """A migration of another process would leave a table empty in the backup."""
    migration = connection.copy()
    refused = []

    def report(line):
        if not line.endswith(" rows"):  # after the database
            return
        with pytest.raises(OperationalError, match="lock timeout"), migration.cursor() as cursor:
            cursor.execute("SET lock_timeout = 1")  # millisecond
            cursor.execute("ALTER TABLE wagtailcore_site ALTER port TYPE integer USING port + 0")
        refused.append(line)

    try:
        create.create_backup(tmp_path / "site.zip", report)
    finally:
        migration.close()
    assert refused


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's tables are in the backup")
def test_tables_of_another_version_are_made_anew_unless_the_restore_fails():
    """The migrations of the backup update rows, and then alter their table, all in one transaction."""
    graph = MigrationLoader(connection).graph
    version = graph.forwards_plan(("wagtailcore", "0043_lock_fields"))
    # The version has two migrations of contenttypes, and one of auth that needs the second. As a target after
    # auth, the first would undo the second: only the last migration of an app may be a target.
    version += graph.forwards_plan(("auth", "0006_require_contenttypes_0002"))
    tables = {
        "auth_group": {"rows": 1, "columns": ["id", "name"]},
        "wagtailcore_site": {"rows": 1, "columns": ["id"]},  # without the row
    }
    reader = SimpleNamespace(
        manifest={"migrations": version, "tables": tables, "sequences": {}},
        open=lambda name: BytesIO(b"7\tReaders\n" if "auth_group" in name else b""),
    )
    before, made = row_counts(), []

    def report(_line):
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, "wagtailcore_page")
        made.append((set(row_counts()), {column.name for column in columns}))

    with pytest.raises(BackupError, match="Not all rows of wagtailcore_site came back"):
        postgresql.load(reader, report)
    [(tables, columns)] = made
    assert "stories_storypage" not in tables
    assert "locked_at" in columns
    assert "translation_key" not in columns, "a later migration adds it"
    assert row_counts() == before


@pytest.mark.sqlite_only
def test_failed_restore_keeps_what_another_process_stored_meanwhile(media_root, tmp_path):
    name = builders.make_document().file.name
    save_site(tmp_path / "site.zip")
    shutil.rmtree(media_root)
    with archive.open_archive(tmp_path / "site.zip", print) as reader:
        file_restore = files.FileRestore(reader, print)
        default_storage.save(name, ContentFile(b"Other words."))
        with pytest.raises(BackupError, match="somebody writes to it meanwhile"):
            file_restore.add()
        file_restore.undo()
    assert [path.read_bytes() for path in media_root.rglob("*") if path.is_file()] == [b"Other words."]


@pytest.mark.sqlite_only
def test_archive_is_readable_by_its_owner_only_and_never_overwritten(media_root, tmp_path):
    path = tmp_path / "site.zip"
    save_site(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path], "nothing else is left"
    before = path.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        save_site(path)
    assert path.read_bytes() == before
    with pytest.raises(CommandError, match="can't be written"):
        save_site(tmp_path / "no-such-folder" / "site.zip")
    media_root.mkdir()
    with pytest.raises(CommandError, match="among the site's own files"):
        save_site(media_root / "site.zip")
