"""A backup that somebody altered, with new checksums, is refused in one line and changes nothing.

A backup is a ZIP archive with a manifest: operations/backup/archive.py. test_bad_backups.py has files that
are damaged, or that are no whole backup.
"""

import json
import sqlite3
import zipfile
from contextlib import closing

import pytest
from django.core.management import CommandError
from django.db import connection

from operations.backup import archive
from tests.support import builders
from tests.support.backups import checksums, restore_site, row_counts, save_site

IS_SQLITE = connection.vendor == "sqlite"
PAGE = "wagtailcore_page"


def rewrite(source, target, change):
    """Copy an archive after `change`(manifest, {name: content}), with new checksums."""
    with zipfile.ZipFile(source) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members.pop(archive.MANIFEST))
    change(manifest, members)
    del manifest["members"]  # The writer lists them anew, with the new checksums.
    with archive.new_archive(target) as writer:
        for name, content in members.items():
            with writer.member(name, compress=True) as member:
                member.write(content)
        writer.manifest |= manifest


def put(value, *keys):
    """Return a change that sets `value` at the path `keys` of the manifest. None deletes what is there."""

    def change(manifest, _members):
        for key in keys[:-1]:
            manifest = manifest[key]
        del manifest[keys[-1]]  # a KeyError if the manifest has no such key
        if value is not None:
            manifest[keys[-1]] = value

    return change


def in_database(change):
    """Return a change that applies `change` to the bytes of the SQLite database or of the table of pages."""

    def alter(_manifest, members):
        name = "database/db.sqlite3" if IS_SQLITE else f"database/{PAGE}.copy"
        members[name] = change(members[name])

    return alter


def run_sql(*statements):
    """Return a change that runs SQL in the SQLite database of the backup."""

    def change(data):
        with closing(sqlite3.connect(":memory:", autocommit=True)) as database:
            database.deserialize(data)
            for sql in statements:
                database.execute(sql)
            return database.serialize()

    return in_database(change)


# {case: function that changes the manifest and {name in the archive: content}}
ALTERED = {
    "no kind of database": put(None, "database"),
    "no migrations": put(None, "migrations"),
    "migrations of another shape": put([1, 2], "migrations"),
    "no tables": put(None, "tables"),
    "tables of another shape": put(["a"], "tables"),
    "no rows": put(None, "tables", PAGE, "rows"),
    "a table too many": lambda manifest, _members: manifest["tables"].update(
        unknown={"rows": 0, "columns": ["id"]}
    ),
    "wrong count": put(7777, "tables", PAGE, "rows"),
    "no date": put(None, "made"),
    "too long a name of a file": lambda _manifest, members: members.update({f"files/{'a' * 300}": b"Words."}),
    # - 3: a half of SQLite's file could be a whole number of its pages.
    "cut inside a row": in_database(lambda data: data[: len(data) // 2 - 3]),
    "empty": in_database(lambda data: b""),
    "nonsense": in_database(lambda data: b"\xff\x00nonsense" * 50),
}
if IS_SQLITE:
    ALTERED |= {
        "unknown column": run_sql(f"ALTER TABLE {PAGE} ADD COLUMN unknown text"),
        "missing column": run_sql(f"ALTER TABLE {PAGE} DROP COLUMN search_description"),
        # The schema says another column than the index has, so SQLite's integrity check fails.
        "index of another column": run_sql(
            f"CREATE INDEX odd ON {PAGE} (title)",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, '(title)', '(slug)') WHERE name = 'odd'",
        ),
        "no database": lambda _manifest, members: members.pop("database/db.sqlite3"),
    }
else:
    ALTERED |= {
        "no columns": put(None, "tables", PAGE, "columns"),
        "unknown column": put(["id", "unknown"], "tables", PAGE, "columns"),
        "missing column": put(["id", "title"], "tables", PAGE, "columns"),
        "columns of another shape": put([1], "tables", PAGE, "columns"),
        "no sequences": put(None, "sequences"),
        "unknown sequence": put({"unknown_seq": 5}, "sequences"),
        "wrong number of a sequence": put({"wagtailcore_page_id_seq": "x"}, "sequences"),
        "wrong type": in_database(lambda data: data.replace(b"1\t", b"one\t", 1)),
        "no table": lambda _manifest, members: members.pop(f"database/{PAGE}.copy"),
    }


@pytest.mark.usefixtures("whole_database")
def test_altered_backup_is_refused_in_one_line(media_root, tmp_path):
    """All cases are in one test, because creating the site takes longer than a restore."""
    builders.make_story("In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp")
    save_site(tmp_path / "site.zip")
    builders.make_story("Written later")
    # A file that only the backup has must not stay when the database is refused.
    next(path for path in media_root.rglob("*") if path.is_file()).unlink()
    here = row_counts(), checksums(media_root)
    for name, change in ALTERED.items():
        damaged = tmp_path / f"{name}.zip"
        rewrite(tmp_path / "site.zip", damaged, change)
        with pytest.raises(CommandError) as refused:
            restore_site(damaged, overwrite=True)
        assert "\n" not in str(refused.value), name
        assert len(str(refused.value)) < 600, name  # characters, which a terminal wraps into a few rows
        assert (row_counts(), checksums(media_root)) == here, name
    # The copy without a change can be restored.
    rewrite(tmp_path / "site.zip", tmp_path / "whole.zip", lambda _manifest, _members: None)
    restore_site(tmp_path / "whole.zip", overwrite=True)
    assert row_counts() != here[0]
