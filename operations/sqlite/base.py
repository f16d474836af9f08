"""Django's SQLite backend, with a signal before each commit."""

from django.db.backends.sqlite3 import base

from caching.commits import SignalsCommits


class DatabaseWrapper(SignalsCommits, base.DatabaseWrapper):
    pass
