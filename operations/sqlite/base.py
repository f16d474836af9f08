"""Django's SQLite backend, with a signal before each commit, and without commits by any other way."""

from django.db.backends.sqlite3 import base

from caching.commits import SignalsCommits


class DatabaseWrapper(SignalsCommits, base.DatabaseWrapper):
    def _set_autocommit(self, autocommit):
        # Python's sqlite3 would commit a transaction whose rollback failed.
        if autocommit and self.connection.in_transaction:
            self.connection.rollback()
        super()._set_autocommit(autocommit)
