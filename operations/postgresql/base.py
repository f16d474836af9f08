"""Django's PostgreSQL backend, which gives up on a database that does not answer.

PostgreSQL's own limit, statement_timeout, is kept by the server: not when that hangs.
"""

from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

# In seconds; None waits as long as it takes, as commands do (migrations, update_index).
patience = None
# Beside a new connection, which takes 2 s at least to fail, a request should fail within 3 s.
PATIENCE_OF_SERVER = 2
PATIENCE_WITH_OLD_CONNECTION = 0.9


class ImpatientConnection(psycopg.Connection):
    is_old = False

    def wait(self, gen, interval=0.1, timeout=None):
        if timeout is None and patience:
            timeout = PATIENCE_WITH_OLD_CONNECTION if self.is_old else patience
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            # What it answers later is no answer to what is asked next.
            self.pgconn.finish()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    Database = SimpleNamespace(**vars(psycopg) | {"connect": ImpatientConnection.connect})

    def is_usable(self):
        if self.connection is None:
            return False
        self.connection.is_old = True
        try:
            return super().is_usable()
        finally:
            self.connection.is_old = False
