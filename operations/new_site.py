"""Begins a new site on SQLite with the database that the image was built with, which has all migrations.

To run two hundred migrations takes a processor ten seconds, and a slow disk half a minute.
"""

import sqlite3
from contextlib import closing

from django.conf import settings

# Dockerfile makes it.
MIGRATED = settings.BASE_DIR / "new_site.db"


def begin(connection, migrated=MIGRATED):
    """Fill the database of `connection`, unless it has tables, or there is no file `migrated`.

    SQLite writes the copy in one transaction: after a crash, the next start begins again.
    """
    if migrated.exists() and not connection.introspection.table_names():
        # The root file system of the container may be read-only, where SQLite needs "immutable".
        with closing(sqlite3.connect(f"{migrated.as_uri()}?immutable=1", uri=True)) as source:
            source.backup(connection.connection)
