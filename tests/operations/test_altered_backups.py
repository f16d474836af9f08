"""An archive with right checksums that can't be restored here is refused in one line and changes nothing."""

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
    listed = manifest.pop("members")
    with archive.new_archive(target) as writer:
        for name, content in members.items():
            with writer.member(name, compress=True) as member:
                member.write(content)
        made = writer.manifest["members"]
        writer.manifest |= manifest | {"members": made if isinstance(listed, dict) else listed}


def without(*keys):
    """Return a change that deletes the value at the path `keys` from the manifest."""

    def change(manifest, _members):
        for key in keys[:-1]:
            manifest = manifest[key]
        del manifest[keys[-1]]

    return change


def put(value, *keys):
    """Return a change that sets `value` at the path `keys` of the manifest."""

    def change(manifest, _members):
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value

    return change


def content(change):
    """Return a change that applies `change` to the bytes of the SQLite database or of the table of pages."""

    def alter(_manifest, members):
        name = "database/db.sqlite3" if IS_SQLITE else f"database/{PAGE}.copy"
        members[name] = change(members[name])

    return alter


def statement(*statements):
    """Return a change that runs SQL in the SQLite database of the backup."""

    def change(data):
        with closing(sqlite3.connect(":memory:", autocommit=True)) as database:
            database.deserialize(data)
            for sql in statements:
                database.execute(sql)
            return database.serialize()

    return content(change)


DAMAGES = {
    "no kind of database": without("database"),
    "no migrations": without("migrations"),
    "migrations of another shape": put([1, 2], "migrations"),
    "no tables": without("tables"),
    "tables of another shape": put(["a"], "tables"),
    "no rows": without("tables", PAGE, "rows"),
    "a table too many": put({"rows": 0, "columns": ["id"]}, "tables", "unknown"),
    "wrong count": put(7777, "tables", PAGE, "rows"),
    "no date": without("made"),
    "too long a name of a file": lambda _manifest, members: members.update({f"files/{'a' * 300}": b"Words."}),
    "cut": content(lambda data: data[: len(data) // 2 - 3]),
    "empty": content(lambda data: b""),
    "nonsense": content(lambda data: b"\xff\x00nonsense" * 50),
}
if IS_SQLITE:
    DAMAGES |= {
        "unknown column": statement(f"ALTER TABLE {PAGE} ADD COLUMN unknown text"),
        "missing column": statement(f"ALTER TABLE {PAGE} DROP COLUMN search_description"),
        "index of another column": statement(
            f"CREATE INDEX odd ON {PAGE} (title)",
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, '(title)', '(slug)') WHERE name = 'odd'",
        ),
        "no database": lambda _manifest, members: members.pop("database/db.sqlite3"),
    }
else:
    DAMAGES |= {
        "no columns": without("tables", PAGE, "columns"),
        "unknown column": put(["id", "unknown"], "tables", PAGE, "columns"),
        "missing column": put(["id", "title"], "tables", PAGE, "columns"),
        "columns of another shape": put([1], "tables", PAGE, "columns"),
        "no sequences": without("sequences"),
        "unknown sequence": put({"unknown_seq": 5}, "sequences"),
        "wrong number of a sequence": put({"wagtailcore_page_id_seq": "x"}, "sequences"),
        "wrong type": content(lambda data: data.replace(b"1\t", b"one\t", 1)),
        "no table": lambda _manifest, members: members.pop(f"database/{PAGE}.copy"),
    }


@pytest.mark.usefixtures("whole_database")
def test_damaged_backup_gives_a_one_line_error(store, tmp_path):
    """All cases are in one test, because creating the site takes longer than restoring."""
    builders.make_story("In the backup", lead_image=builders.make_image(), lead_image_alt="A lamp")
    save_site(tmp_path / "site.zip")
    builders.make_story("Written later")
    # A file that only the backup has must not stay when the database is refused.
    next(path for path in store.rglob("*") if path.is_file()).unlink()
    here = row_counts(), checksums(store)
    for name, change in DAMAGES.items():
        damaged = tmp_path / f"{name}.zip"
        rewrite(tmp_path / "site.zip", damaged, change)
        with pytest.raises(CommandError) as refused:
            restore_site(damaged, overwrite=True)
        assert "\n" not in str(refused.value), name
        assert len(str(refused.value)) < 600, name
        assert (row_counts(), checksums(store)) == here, name
    # The copy without a change can be restored.
    rewrite(tmp_path / "site.zip", tmp_path / "whole.zip", lambda _manifest, _members: None)
    restore_site(tmp_path / "whole.zip", overwrite=True)
    assert row_counts() != here[0]
