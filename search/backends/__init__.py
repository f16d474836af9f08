"""The search backend of the site: modelsearch's for its database, with its faults mended."""

from django.db import connection


def SearchBackend(params):
    """Return the backend for the database, SQLite or PostgreSQL.

    Each can only be imported on its own database.
    """
    if connection.vendor == "postgresql":
        from search.backends.postgresql import PostgreSQLBackend as Backend
    else:
        from search.backends.sqlite import SQLiteBackend as Backend
    return Backend(params)
