"""The database in tests: queries, the planner's statistics, several connections, a database that is down."""

from concurrent.futures import ThreadPoolExecutor
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
def others():
    """Context manager that yields `start`, which calls a function in a thread, on its own connection.

    At its end, the block waits for all these functions, and raises their errors.
    """
    running = []
    with ThreadPoolExecutor() as executor:
        yield lambda act: running.append(executor.submit(on_own_connection, act))
    for each in running:
        each.result()


def on_own_connection(act):
    """Call `act` in a thread, and close the connection of the thread."""
    try:
        act()
    finally:
        connection.close()


@contextmanager
def read_only_database():
    """Let nothing be written: in transactions that begin in the block, and in the one that is open."""
    on = ["SET transaction_read_only = on", "SET default_transaction_read_only = on"]
    off = "RESET default_transaction_read_only"
    if connection.vendor == "sqlite":
        on, off = ["PRAGMA query_only = ON"], "PRAGMA query_only = OFF"
    with connection.cursor() as cursor:
        for statement in on:
            cursor.execute(statement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(off)


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
