"""Backup and restore: everything is restored, and a damaged archive changes nothing."""

import hashlib
import io
import json
import shutil
import stat
import zipfile

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.core.management.color import no_style
from django.db import connection
from django.utils import timezone
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Page

from accounts.models import LoginAttempt
from caching.content_version import content_version
from operations.backup import archive
from search.models import VocabularyGroup
from tests.support import builders


def save_site(path):
    out = io.StringIO()
    call_command("backup", str(path), stdout=out)
    return out.getvalue()


def restore_site(path, **options):
    out = io.StringIO()
    call_command("restore", str(path), stdout=out, **options)
    return out.getvalue()


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
            {"type": "text", "value": "<p>A backslash \\N, a tab\t, é, 漢 and 🙂.</p>"},
            {"type": "document", "value": {"document": document.pk, "title": "The leaflet"}},
            {"type": "pictures", "value": {"pictures": [{"image": shown, "caption": ""}]}},
        ],
    )
    builders.make_story("A draft", live=False)
    private = builders.make_private(builders.make_plain_page("For members"))
    builders.make_user("Editors", username="amina")
    VocabularyGroup.objects.create(terms="road\nhighway")
    SearchPromotion.objects.create(query=Query.get("road"), page=story, sort_order=0)
    return ["/", "/stories/", story.url, "/stories/?country=kenya", "/search/?q=road", private.url]


def row_counts():
    """Return the number of rows of each table, with 0 for the tables whose rows are not saved."""
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT COUNT(*) FROM "{name}"')  # noqa: S608
            found[name] = cursor.fetchone()[0]
    return found | {"django_session": 0, "accounts_loginattempt": 0}


def checksums(folder):
    """Return the SHA-256 of each file in `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def delete_everything(store):
    """Empty every table, including that of the migrations, and delete every file."""
    shutil.rmtree(store)
    tables = [*connection.introspection.django_table_names(only_existing=True), "django_migrations"]
    statements = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)


@pytest.fixture
def whole_database(transactional_db, django_db_serialized_rollback):
    """The database without an enclosing transaction, and with the rows that the migrations created.

    A restore clears the cache of content types, which also holds types that are in no table. Without them the
    next test would create others.
    """
    ContentType.objects.get_for_models(*apps.get_models(), for_concrete_models=False)
    known = {alias: dict(types) for alias, types in ContentType.objects._cache.items()}
    yield
    ContentType.objects._cache.update(known)


@pytest.mark.usefixtures("whole_database")
class TestWholeSite:
    def test_restore_brings_everything_back(self, client, store, tmp_path):
        addresses = make_rich_site()
        pages = [client.get(address).content for address in addresses]
        assert b"Long road" in pages[2]
        client.force_login(get_user_model().objects.get(username="amina"))
        LoginAttempt.objects.create(digest="of a name", last=timezone.now())
        before, files, newest = row_counts(), checksums(store), Page.objects.latest("pk").pk
        assert len(files) > 3
        output = save_site(tmp_path / "site.zip")
        assert f"{len(files)} files" in output
        client.logout()

        delete_everything(store)
        assert Page.objects.count() == 0
        cache.set("cached", "of the old site")
        version = content_version.read()
        restore_site(tmp_path / "site.zip")

        assert row_counts() == before
        assert checksums(store) == files
        assert [client.get(address).content for address in addresses] == pages
        assert content_version.read() != version, "no page of the old site is shown"
        assert cache.get("cached") is None
        assert not Session.objects.exists(), "sessions are not restored"
        again = builders.make_story("Afterwards")
        assert again.pk > newest
        assert client.get(again.url).status_code == 200

    def test_restore_over_a_site_needs_overwrite(self, client, store, tmp_path):
        story = builders.make_story(
            "In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp"
        )
        story.save_revision()
        kept = checksums(store)
        save_site(tmp_path / "site.zip")
        later = builders.make_story("Written later")
        later.save_revision()
        builders.make_image()
        next(path for path in store.rglob("*") if path.is_file()).write_bytes(b"no picture")
        here = row_counts(), checksums(store)

        with pytest.raises(
            CommandError, match=r"There is a site here already: 2 revisions, .*2 pictures, [0-9]+ files"
        ):
            restore_site(tmp_path / "site.zip")
        assert (row_counts(), checksums(store)) == here

        # The checksums are right, but the number of rows is wrong.
        change_manifest(tmp_path / "site.zip", tmp_path / "wrong.zip", one_row_more)
        with pytest.raises(CommandError, match="rows"):
            restore_site(tmp_path / "wrong.zip", overwrite=True)
        assert (row_counts(), checksums(store)) == here
        assert client.get(later.url).status_code == 200

        restore_site(tmp_path / "site.zip", overwrite=True)
        assert checksums(store) == kept
        assert client.get(story.url).status_code == 200
        assert client.get(later.url).status_code == 404

    def test_archive_is_readable_by_its_owner_only_and_never_overwritten(self, store, tmp_path):
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
        store.mkdir()
        with pytest.raises(CommandError, match="among the site's own files"):
            save_site(store / "site.zip")


def one_row_more(manifest):
    manifest["tables"]["wagtailcore_page"]["rows"] += 1


def change_manifest(source, target, change):
    """Copy an archive with its manifest changed by the function `change`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == archive.MANIFEST:
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest)
            new.writestr(name, data)


@pytest.fixture
def small(tmp_path):
    """A valid archive with one file and without a database."""
    path = tmp_path / "small.zip"
    with archive.new_archive(path) as writer:
        writer.manifest |= {"made": "2026-01-31", "database": connection.vendor, "migrations": []}
        writer.manifest |= {"tables": {}, "sequences": {}}
        with writer.member("files/documents/a.txt", compress=False) as member:
            member.write(b"Words of a document. " * 100)
    return path


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"Words")] ^= 1
    path.write_bytes(data)


def not_an_archive(path):
    path.write_bytes(b"SQLite format 3\0" * 50)


def foreign_archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<w/>")


def malformed_manifest(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(archive.MANIFEST, "[" * 100_000)


def one_file_more(path):
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("files/more.txt", "more")


def with_manifest(change):
    """Return a function that applies `change` to the manifest of an archive."""

    def rewrite(path):
        path.rename(path.with_suffix(".old"))
        change_manifest(path.with_suffix(".old"), path, change)

    return rewrite


def replaced_file(path):
    """Replace a file. The checksums of ZIP are right, but not that of the manifest."""
    with zipfile.ZipFile(path) as file:
        manifest = file.read(archive.MANIFEST)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("files/documents/a.txt", "Other words of a document.")
        file.writestr(archive.MANIFEST, manifest)


# Name of the case: (function that damages the archive, part of the error message).
DAMAGES = {
    "cut in half": (cut_in_half, "no backup of this site, or a part"),
    "a byte flipped": (flip_a_byte, "damaged, or was altered"),
    "no archive": (not_an_archive, "no backup of this site"),
    "another archive": (foreign_archive, "no backup of this site"),
    "nonsense": (malformed_manifest, "no backup of this site"),
    "other words": (replaced_file, "a.txt is not what was saved"),
    "one file more": (one_file_more, "not what it lists"),
    "list of nothing": (with_manifest(lambda each: each.pop("members")), "damaged, or was altered"),
    "one file less": (
        with_manifest(lambda each: each["members"].update({"files/b": {}})),
        "not what it lists",
    ),
    "format": (with_manifest(lambda each: each.update(format=99)), "format 99"),
    "database": (with_manifest(lambda each: each.update(database="oracle")), "Restore it there"),
    "later": (with_manifest(lambda each: each.update(migrations=[["home", "9999_later"]])), "later version"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", DAMAGES)
def test_damaged_archive_changes_nothing(store, small, case):
    damage, message = DAMAGES[case]
    damage(small)
    before = row_counts()
    with pytest.raises(CommandError, match=message):
        restore_site(small, overwrite=True)
    assert row_counts() == before
    assert not store.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "files/../../outside.txt",
        "files/..",
        "/etc/outside",
        "files//etc/outside",
        "files/a/../../../outside",
        "..\\outside",
        "files\\..\\outside",
        "C:/outside",
        "files/./a",
        "outside.txt",
    ],
)
def test_paths_outside_the_folders_are_refused(store, tmp_path, name):
    path = tmp_path / "tricky.zip"
    with archive.new_archive(path) as writer, writer.member(name, compress=False) as member:
        member.write(b"gotcha")
    with pytest.raises(CommandError, match="was altered"):
        restore_site(path, overwrite=True)
    assert {each.name for each in tmp_path.rglob("*")} == {"tricky.zip"}


def test_missing_archive_gives_a_one_line_error(tmp_path):
    with pytest.raises(CommandError, match=r"can't be read: No such file"):
        restore_site(tmp_path / "no-such.zip")
