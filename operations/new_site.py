"""Begins a new site with a database that has all migrations of the image's version, or of an earlier one.

To run two hundred migrations takes a processor ten seconds, and a slow disk half a minute.
"""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings

# For SQLite. Dockerfile makes it.
MIGRATED = settings.BASE_DIR / "new_site.db"
# For PostgreSQL. tests/support/release_databases.py makes it at a release.
DUMP = Path(__file__).with_name("new_site.sql.gz")


def begin(connection, migrated=MIGRATED):
    """Fill the database of `connection`, unless it has tables, or there is no file `migrated` for SQLite.

    Both databases write it in one transaction: after a crash, the next start begins again.
    """
    if connection.introspection.table_names():
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(gzip.decompress(DUMP.read_bytes()))
    elif migrated.exists():
        # The root file system of the container may be read-only, where SQLite needs "immutable".
        with closing(sqlite3.connect(f"{migrated.as_uri()}?immutable=1", uri=True)) as source:
            source.backup(connection.connection)
