"""Backup of the SQLite database while others use it, and its restore, with SQLite's backup API."""

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


@contextmanager
def temporary_path():
    """Context manager that yields a path for a copy of the database, on the same disk as the database."""
    beside = Path(connection.settings_dict["NAME"]).parent
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=beside) as folder:  # mode 700
        yield Path(folder) / "db.sqlite3"


def save(writer, report):
    """Write the database into the archive."""
    with temporary_path() as path:
        connection.ensure_connection()
        with closing(sqlite3.connect(path, autocommit=True)) as copy:
            # In one step, because SQLite begins anew when another connection writes between two steps. In WAL
            # mode, others can write meanwhile.
            connection.connection.backup(copy)
            # Without a write-ahead log, the copy is one file.
            copy.execute("PRAGMA journal_mode = DELETE")
            # Sessions give access to the admin and are worthless after a restore. Attempts to sign in are
            # deleted after some minutes anyway.
            copy.execute("DELETE FROM django_session")
            copy.execute("DELETE FROM accounts_loginattempt")
            copy.execute("VACUUM")  # so that nothing of the deleted rows is in the file
            migrations = copy.execute("SELECT app, name FROM django_migrations")
            writer.manifest["migrations"] = sorted(migrations.fetchall())
            writer.manifest["tables"] = row_counts(copy)
            report(f"{len(writer.manifest['tables'])} tables")
        with path.open("rb") as file, writer.member(MEMBER, compress=True) as member:
            shutil.copyfileobj(file, member, CHUNK)


def row_counts(database):
    """Return the number of rows of each table, as the manifest has it: {table: {"rows": number}}."""
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
    """Raise BackupError unless the tables have the columns that the models have.

    An older backup is not checked, because migrations will change its columns.
    """
    applied = set(copy.execute("SELECT app, name FROM django_migrations").fetchall())
    if not set(MigrationLoader(None).disk_migrations) <= applied:
        return
    virtual = {name for (name,) in copy.execute("SELECT name FROM pragma_table_list WHERE type = 'virtual'")}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.db_table in virtual:  # such as the search index
            continue
        expected = {field.column for field in meta.local_concrete_fields}
        found = {name for (name,) in copy.execute("SELECT name FROM pragma_table_info(?)", [meta.db_table])}
        if found != expected:
            raise BackupError(f"The table {meta.db_table} in the backup has other columns than this version.")


def load(reader, report):
    """Replace the database with the one in the archive, completely or not at all.

    Raises BackupError if the database in the archive is damaged, or does not fit its manifest or the models.
    """
    with temporary_path() as path:
        with reader.open(MEMBER) as member, path.open("wb") as file:
            shutil.copyfileobj(member, file, CHUNK)
        with closing(sqlite3.connect(path, autocommit=True)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise BackupError("The database in the backup is damaged.")
            if row_counts(copy) != reader.manifest["tables"]:
                raise BackupError("The database in the backup has other numbers of rows than it lists.")
            check_columns(copy)
            # Reported before the database is replaced, because restore_backup() takes any error of this
            # function for a sign that it was not replaced.
            report(f"{len(reader.manifest['tables'])} tables")
            connection.ensure_connection()
            copy.backup(connection.connection)
    # The copy contains its journal mode. A new connection sets the mode of this site again.
    connection.close()
