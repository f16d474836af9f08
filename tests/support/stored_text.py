"""Reads everything that the database stores, for tests that a text is stored nowhere."""

from django.contrib.sessions.models import Session
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
