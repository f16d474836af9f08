"""A file that is no whole backup, or was altered, is refused with the reason, and changes nothing.

A backup is a ZIP archive with a manifest, which lists its members with their checksums:
operations/backup/archive.py. test_altered_backups.py has whole backups that were altered with new checksums.
"""

import json
import zipfile

import pytest
from django.core.management import CommandError
from django.db import connection

from operations.backup import archive
from tests.support.backups import restore_site, row_counts


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


def sqlite_database(path):
    path.write_bytes(b"SQLite format 3\0" * 50)


def word_document(path):
    """Write a file of another program that is a ZIP archive too."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<w/>")


def only_manifest(text):
    """Return a function that writes an archive with nothing but `text` as its manifest."""

    def write(path):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(archive.MANIFEST, text)

    return write


# Offsets of two fields in the local header of a ZIP file's member: flags (1: encrypted) and compression
# method.
FLAGS, METHOD = 6, 8
HEADER_LENGTH = 30  # of the local header, without the name that follows


def alter_entries(offset, value):
    """Return a function that overwrites bytes of each ZIP header, at `offset` in the local header.

    The same field of the central directory is two bytes further.
    """

    def alter(path):
        data = bytearray(path.read_bytes())
        for signature, further in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
            start = data.find(signature)
            while start >= 0:
                data[start + offset + further : start + offset + further + len(value)] = value
                start = data.find(signature, start + 4)
        path.write_bytes(data)

    return alter


def spoil_the_manifest(path):
    """Change the type of the first block of the compressed manifest to one that does not exist."""
    with zipfile.ZipFile(path) as file:
        place = file.getinfo(archive.MANIFEST).header_offset + HEADER_LENGTH + len(archive.MANIFEST)
    data = bytearray(path.read_bytes())
    data[place] = 0xFF
    path.write_bytes(data)


def one_file_more(path):
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("files/more.txt", "more")


def with_manifest(change):
    """Return a function that applies `change` to the manifest of an archive, and nothing else."""

    def rewrite(path):
        with zipfile.ZipFile(path) as old:
            contents = {name: old.read(name) for name in old.namelist()}
        manifest = json.loads(contents[archive.MANIFEST])
        change(manifest)
        with zipfile.ZipFile(path, "w") as new:
            for name, data in (contents | {archive.MANIFEST: json.dumps(manifest)}).items():
                new.writestr(name, data)

    return rewrite


def replaced_file(path):
    """Replace a file. The checksums of ZIP are right, but not that of the manifest."""
    with zipfile.ZipFile(path) as file:
        manifest = file.read(archive.MANIFEST)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("files/documents/a.txt", "Other words of a document.")
        file.writestr(archive.MANIFEST, manifest)


# {case: (function that damages the archive at a path, part of the error message)}
DAMAGES = {
    "cut in half": (cut_in_half, "not a backup of this site, or only a part"),
    "a byte flipped": (flip_a_byte, "damaged, or was altered"),
    "no archive": (sqlite_database, "not a backup of this site"),
    "another archive": (word_document, "not a backup of this site"),
    "deep JSON": (only_manifest("[" * 100_000), "not a backup of this site"),
    "no JSON": (only_manifest("{"), "not a backup of this site"),
    "JSON of another shape": (only_manifest("[]"), "format None"),  # so it names no format
    "encrypted": (alter_entries(FLAGS, b"\x01"), "not a backup of this site"),
    # Python's zipfile can't read the method 0x63.
    "compressed in an unknown way": (alter_entries(METHOD, b"\x63"), "not a backup of this site"),
    "spoilt manifest": (spoil_the_manifest, "not a backup of this site"),
    "other words": (replaced_file, "a.txt is not what was saved"),
    "one file more": (one_file_more, "not what it lists"),
    "no list of members": (with_manifest(lambda each: each.pop("members")), "damaged, or was altered"),
    "members of another shape": (
        with_manifest(lambda each: each.update(members=[["a"]])),
        "damaged, or was altered",
    ),
    "number in the place of members": (
        with_manifest(lambda each: each.update(members=5)),
        "damaged, or was altered",
    ),
    "one file less": (
        with_manifest(lambda each: each["members"].update({"files/b": {}})),
        "not what it lists",
    ),
    "unknown format": (with_manifest(lambda each: each.update(format=99)), "format 99"),
    "another kind of database": (
        with_manifest(lambda each: each.update(database="oracle")),
        "Restore it into a site that uses oracle",
    ),
    "of a later version": (
        with_manifest(lambda each: each.update(migrations=[["home", "9999_later"]])),
        "later version",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_damaged_archive_changes_nothing(media_root, small, damage, message):
    damage(small)
    before = row_counts()
    with pytest.raises(CommandError, match=message):
        restore_site(small, overwrite=True)
    assert row_counts() == before
    assert not media_root.exists()


# "files/./a" is inside, but no name that a backup writes.
@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        *("files/../../outside.txt", "files/..", "/etc/outside", "files//etc/outside", "files/./a"),
        *("files/a/../../../outside", "..\\outside", "files\\..\\outside", "C:/outside", "outside.txt"),
    ],
)
def test_paths_outside_the_folders_are_refused(media_root, tmp_path, name):
    path = tmp_path / "tricky.zip"
    with archive.new_archive(path) as writer, writer.member(name, compress=False) as member:
        member.write(b"gotcha")
    with pytest.raises(CommandError, match="was altered"):
        restore_site(path, overwrite=True)
    assert {each.name for each in tmp_path.rglob("*")} == {"tricky.zip"}


def test_missing_archive_is_refused_with_the_reason(tmp_path):
    with pytest.raises(CommandError, match=r"can't be read: No such file"):
        restore_site(tmp_path / "no-such.zip")
