"""Backup and restore: everything is restored."""

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
