"""Django's PostgreSQL backend, with settings for the planner, and a timeout.

The timeout is for a server that hangs. PostgreSQL's own statement_timeout (operations/statement_timeout.py)
does not help then, because the server enforces it.
"""

from types import SimpleNamespace

import psycopg
from django.db.backends.postgresql import base

# Seconds to wait for the check of a connection that is used again. A request should fail within 3 s. After
# the check fails, a new connection takes up to 2 s to fail (connect_timeout).
REUSED_CONNECTION_TIMEOUT = 0.9


class TimeoutConnection(psycopg.Connection):
    """A connection that is closed when a result does not come within `query_timeout`."""

    # Seconds to wait for a result. None, which commands such as migrate use, means no limit.
    query_timeout = None
    # Whether the connection is being checked before it is reused.
    is_reused = False

    def wait(self, gen, interval=0.1, timeout=None):
        if timeout is None and self.query_timeout:
            timeout = REUSED_CONNECTION_TIMEOUT if self.is_reused else self.query_timeout
        try:
            return super().wait(gen, interval, timeout)
        except psycopg.errors._WaitTimeout:
            # Closed, because a late result would be read as the result of the next query.
            self.pgconn.finish()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    # Django opens connections with `Database.connect`. Everything else is psycopg's.
    Database = SimpleNamespace(**vars(psycopg) | {"connect": TimeoutConnection.connect})

    def init_connection_state(self):
        super().init_connection_state()
        # jit: PostgreSQL compiles a query that it expects to take long. With many stories, compiling takes
        # longer than the query.
        # random_page_cost: the default, 4, is for a hard disk that moves its head for each row. With it,
        # PostgreSQL reads whole tables to look up some dozens of rows. These tables are in memory.
        self.connection.execute("SET jit = off; SET random_page_cost = 1.1")

    def is_usable(self):
        """Check the connection before Django reuses it, with the shorter REUSED_CONNECTION_TIMEOUT."""
        if self.connection is None:
            return False
        self.connection.is_reused = True
        try:
            return super().is_usable()
        finally:
            self.connection.is_reused = False
