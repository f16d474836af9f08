"""Django's SQLite backend, whose cursors can be read after the commit of their statement."""

from itertools import islice

from django.db.backends.sqlite3 import base


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that fetches the rows of RETURNING at once.

    caching/content_version.py commits a statement before its rows are fetched. SQLite refuses that while
    some are left.
    """

    returned = None

    def execute(self, query, params=None):
        super().execute(query, params)
        self.returned = iter(super().fetchall()) if " RETURNING " in query else None
        return self

    def fetchone(self):
        return super().fetchone() if self.returned is None else next(self.returned, None)

    def fetchmany(self, size=1):
        return super().fetchmany(size) if self.returned is None else list(islice(self.returned, size))

    def fetchall(self):
        return super().fetchall() if self.returned is None else list(self.returned)


class DatabaseWrapper(base.DatabaseWrapper):
    def create_cursor(self, name=None):
        return self.connection.cursor(factory=Cursor)
