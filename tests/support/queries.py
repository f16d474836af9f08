"""The database in tests: the queries of a request, the planner's statistics, and a database that is down."""

from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


def count_queries(client, address, **options):
    """Return the number of queries of a GET of `address`, and the content of the response."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, **options)
    return len(queries), response.content


def update_statistics():
    """Update the statistics by which PostgreSQL plans queries, as it does itself after a minute.

    SQLite has none on this site, because nothing runs ANALYZE there.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@contextmanager
def database_down():
    """Point the connection to a database that doesn't exist, so that it can't be opened."""
    settings = connection.settings_dict
    name = settings["NAME"]
    connection.close()
    settings["NAME"] = "/nothing/here"
    try:
        yield
    finally:
        connection.close()
        settings["NAME"] = name
