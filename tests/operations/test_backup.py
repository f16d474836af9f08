"""Backup and restore: all comes back, and what is no whole backup changes nothing."""

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
from caching import generation
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
    """Return the addresses of the public pages of a site with some of everything."""
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


def rows():
    """Return the number of rows of each table, those of sessions left out, as they are in the backup."""
    with connection.cursor() as cursor:
        found = {}
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT COUNT(*) FROM "{name}"')  # noqa: S608
            found[name] = cursor.fetchone()[0]
    return found | {"django_session": 0, "accounts_loginattempt": 0}


def sums(folder):
    """Return the SHA-256 of each file in `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def destroy(store):
    """Empty every table, also that of the migrations, and remove every file."""
    shutil.rmtree(store)
    tables = [*connection.introspection.django_table_names(only_existing=True), "django_migrations"]
    statements = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)


@pytest.fixture
def whole_database(transactional_db, django_db_serialized_rollback):
    """The database as a server sees it, with what the migrations leave in it.

    A restore forgets the numbers of content types. Where they stand in no table, after this test, the next
    one's first look-up would make others.
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
        before, files, newest = rows(), sums(store), Page.objects.latest("pk").pk
        assert len(files) > 3
        said = save_site(tmp_path / "site.zip")
        assert f"{len(files)} files" in said
        client.logout()

        destroy(store)
        assert Page.objects.count() == 0
        cache.set("kept", "of the old site")
        mark = generation.mark.read()
        restore_site(tmp_path / "site.zip")

        assert rows() == before
        assert sums(store) == files
        assert [client.get(address).content for address in addresses] == pages
        assert generation.mark.read() != mark, "no page of the old site is shown"
        assert cache.get("kept") is None
        assert not Session.objects.exists(), "who was logged in is not logged in again"
        again = builders.make_story("Afterwards")
        assert again.pk > newest
        assert client.get(again.url).status_code == 200

    def test_restore_over_a_site_needs_overwrite(self, client, store, tmp_path):
        story = builders.make_story(
            "In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp"
        )
        story.save_revision()
        kept = sums(store)
        save_site(tmp_path / "site.zip")
        later = builders.make_story("Written later")
        later.save_revision()
        builders.make_image()
        next(path for path in store.rglob("*") if path.is_file()).write_bytes(b"no picture")
        here = rows(), sums(store)

        with pytest.raises(
            CommandError, match=r"There is a site here already: 2 revisions, .*2 pictures, [0-9]+ files"
        ):
            restore_site(tmp_path / "site.zip")
        assert (rows(), sums(store)) == here

        # Its checksums are right, but the database can't take it.
        change_manifest(tmp_path / "site.zip", tmp_path / "lying.zip", one_row_more)
        with pytest.raises(CommandError, match="rows"):
            restore_site(tmp_path / "lying.zip", overwrite=True)
        assert (rows(), sums(store)) == here
        assert client.get(later.url).status_code == 200

        restore_site(tmp_path / "site.zip", overwrite=True)
        assert sums(store) == kept
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
    """An archive that has all that its manifest lists, though no database of a site."""
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


def no_archive(path):
    path.write_bytes(b"SQLite format 3\0" * 50)


def other_archive(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<w/>")


def nonsense_in_the_manifest(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(archive.MANIFEST, "[" * 100_000)


def one_file_more(path):
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("files/more.txt", "more")


def rewritten(change):
    def rewrite(path):
        path.rename(path.with_suffix(".old"))
        change_manifest(path.with_suffix(".old"), path, change)

    return rewrite


def other_words(path):
    """Both checksums of ZIP are right, but it is not the file that was saved."""
    with zipfile.ZipFile(path) as file:
        manifest = file.read(archive.MANIFEST)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("files/documents/a.txt", "Other words of a document.")
        file.writestr(archive.MANIFEST, manifest)


BAD = {
    "cut in half": (cut_in_half, "no backup of this site, or a part"),
    "a byte flipped": (flip_a_byte, "damaged, or was altered"),
    "no archive": (no_archive, "no backup of this site"),
    "another archive": (other_archive, "no backup of this site"),
    "nonsense": (nonsense_in_the_manifest, "no backup of this site"),
    "other words": (other_words, "a.txt is not what was saved"),
    "one file more": (one_file_more, "not what it lists"),
    "list of nothing": (rewritten(lambda each: each.pop("members")), "damaged, or was altered"),
    "one file less": (rewritten(lambda each: each["members"].update({"files/b": {}})), "not what it lists"),
    "format": (rewritten(lambda each: each.update(format=99)), "format 99"),
    "database": (rewritten(lambda each: each.update(database="oracle")), "Restore it there"),
    "later": (rewritten(lambda each: each.update(migrations=[["home", "9999_later"]])), "later version"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", BAD)
def test_damaged_archive_changes_nothing(store, small, case):
    spoil, words = BAD[case]
    spoil(small)
    before = rows()
    with pytest.raises(CommandError, match=words):
        restore_site(small, overwrite=True)
    assert rows() == before
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
