"""The site's search backend: modelsearch's backend for the database in use, with some behaviour replaced.

The setting WAGTAILSEARCH_BACKENDS names this package.
"""

from django.db import connection


def SearchBackend(params):
    """Return the search backend for the database, SQLite or PostgreSQL.

    modelsearch looks for this name in the package. The modules are imported here because each can be
    imported only where its database is in use.
    """
    if connection.vendor == "postgresql":
        from search.backends.postgresql import PostgreSQLBackend as Backend
    else:
        from search.backends.sqlite import SQLiteBackend as Backend
    return Backend(params)
