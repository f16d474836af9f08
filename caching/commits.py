"""Sends a signal before each commit of a transaction.

Django itself has no such signal. The functions given to its transaction.on_commit() run after the commit.
"""

from contextlib import suppress

from django.db import Error
from django.dispatch import Signal

# Arguments: connection. The transaction is still open. If a receiver fails, it is rolled back.
before_commit = Signal()


class SignalsCommits:
    """Mixin for a database backend: it sends `before_commit`."""

    def commit(self):
        try:
            before_commit.send(type(self), connection=self)
        except BaseException:
            # Django rolls back after its own exceptions only.
            with suppress(Error):  # The connection is lost.
                self.rollback()
            raise
        super().commit()
