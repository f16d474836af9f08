"""Reads everything that the database stores, for tests that a text is stored nowhere."""

import posixpath
from pathlib import Path

from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection


def all_stored_text():
    """Return the content of all tables of the database as one text, in lower case."""
    return str(list(stored_rows().values())).casefold()


def tables_with(*words):
    """Return {table: rows} of the rows that contain one of `words`, in upper or lower case."""
    words = [word.casefold() for word in words]

    def has_word(row):
        text = str(row).casefold()
        return any(word in text for word in words)

    found = {table: list(filter(has_word, rows)) for table, rows in stored_rows().items()}
    return {table: rows for table, rows in found.items() if rows}


def stored_rows():
    """Return {table: list of its rows} of the whole database. Sessions are decoded."""
    with connection.cursor() as cursor:
        rows = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows[table] = cursor.fetchall()
    rows["django_session"] = [str(session.get_decoded()) for session in Session.objects.all()]
    return rows


def database_files():
    """Return {name: content} of the files of the database, with what is left of deleted rows.

    On PostgreSQL the user has to be a superuser. The write-ahead log is left out: all databases share it.
    """
    if connection.vendor == "sqlite":
        paths = [Path(f"{connection.settings_dict['NAME']}{suffix}") for suffix in ("", "-wal")]
        return {path.name: path.read_bytes() for path in paths if path.exists()}
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # PostgreSQL writes what it has in memory only
        cursor.execute("SELECT 'base/' || oid || '/' FROM pg_database WHERE datname = current_database()")
        folder = cursor.fetchone()[0]
        read = "pg_read_binary_file(%s || name, 0, 1 << 26, true)"  # None for a file that is gone meanwhile
        cursor.execute(f"SELECT name, {read} FROM pg_ls_dir(%s) AS name", [folder, folder])  # noqa: S608
        return {name: bytes(content or b"") for name, content in cursor}


def stored_names(folder=""):
    """Return the names of all files in `folder` of the storage, with their paths."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    below = [name for each in folders for name in stored_names(posixpath.join(folder, each))]
    return [posixpath.join(folder, name) for name in names] + below
