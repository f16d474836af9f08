"""All that the database stores, for tests that something is stored nowhere."""

from django.db import connection


def all_stored_text():
    """Return the content of all tables of the database as one text, in lower case."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += cursor.fetchall()
    return str(rows).casefold()
