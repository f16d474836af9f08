"""Django's SQLite backend, with a signal before each commit, and without commits by any other way."""

from itertools import islice

from django.db.backends.sqlite3 import base

from caching.commits import SignalsCommits


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that fetches the rows of RETURNING at once.

    Outside of a transaction, SQLite commits a statement with RETURNING when its rows are fetched. By default,
    that is after the functions in Django's `execute_wrappers` have ended.
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


class DatabaseWrapper(SignalsCommits, base.DatabaseWrapper):
    def create_cursor(self, name=None):
        return self.connection.cursor(factory=Cursor)

    def _set_autocommit(self, autocommit):
        # Python's sqlite3 would commit a transaction whose rollback failed.
        if autocommit and self.connection.in_transaction:
            with self.wrap_database_errors:
                self.connection.rollback()
        super()._set_autocommit(autocommit)
