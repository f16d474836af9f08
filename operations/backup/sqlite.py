"""SQLite's whole database, copied page by page while others read and write it."""

import shutil
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from operations.backup import BackupError
from operations.backup.archive import CHUNK

MEMBER = "database/db.sqlite3"
PAGES = 1000  # at a time


@contextmanager
def scratch():
    """Give the path for a copy of the database: beside it, where there is room for it."""
    beside = Path(connection.settings_dict["NAME"]).parent
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=beside) as folder:  # mode 700
        yield Path(folder) / "db.sqlite3"


def save(writer, report):
    """Write the database into the archive."""
    with scratch() as path:
        connection.ensure_connection()
        with closing(sqlite3.connect(path, autocommit=True)) as copy:
            connection.connection.backup(copy, pages=PAGES)
            copy.execute("PRAGMA journal_mode = DELETE")
            # Who is logged in: keys to the admin, worth nothing after a restore. Who tried to: known for
            # minutes only.
            copy.execute("DELETE FROM django_session")
            copy.execute("DELETE FROM accounts_loginattempt")
            copy.execute("VACUUM")
            writer.manifest["tables"] = counts(copy)
            report(f"{len(writer.manifest['tables'])} tables")
        with path.open("rb") as file, writer.member(MEMBER, compress=True) as member:
            shutil.copyfileobj(file, member, CHUNK)


def counts(database):
    """Return how many rows each table of a connection has."""
    names = [
        name
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).fetchall()
    ]
    quoted = {name: connection.ops.quote_name(name) for name in names}
    return {
        name: {"rows": database.execute(f"SELECT COUNT(*) FROM {quoted[name]}").fetchone()[0]}  # noqa: S608
        for name in names
    }


def check_columns(copy):
    """Raise BackupError unless the tables have the columns that their migrations make.

    What the models of this version say tells it only of a backup of this version. An older one is migrated.
    """
    applied = set(copy.execute("SELECT app, name FROM django_migrations").fetchall())
    if not set(MigrationLoader(None).disk_migrations) <= applied:
        return
    virtual = {name for (name,) in copy.execute("SELECT name FROM pragma_table_list WHERE type = 'virtual'")}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not meta.managed or meta.db_table in virtual:  # the search index has other columns
            continue
        expected = {field.column for field in meta.local_concrete_fields}
        found = {name for (name,) in copy.execute("SELECT name FROM pragma_table_info(?)", [meta.db_table])}
        if found != expected:
            raise BackupError(f"The table {meta.db_table} in the backup has not the columns of this version.")


def load(reader, report):
    """Put the archive's database in the place of the live one: all of it, or nothing."""
    with scratch() as path:
        with reader.open(MEMBER) as member, path.open("wb") as file:
            shutil.copyfileobj(member, file, CHUNK)
        with closing(sqlite3.connect(path, autocommit=True)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise BackupError("The database in the backup is damaged.")
            if counts(copy) != reader.manifest["tables"]:
                raise BackupError("The database in the backup has not the rows that it lists.")
            check_columns(copy)
            connection.ensure_connection()
            copy.backup(connection.connection)
    # A copy brings the journal's mode along: a new connection sets its own.
    connection.close()
    report(f"{len(reader.manifest['tables'])} tables")
