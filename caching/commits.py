"""Sends a signal before each commit of a transaction.

Django itself has no such signal. The functions given to its transaction.on_commit() run after the commit.
"""

from django.dispatch import Signal

# Arguments: connection. The transaction is still open. If a receiver fails, it is rolled back.
before_commit = Signal()


class SignalsCommits:
    """Mixin for a database backend: it sends `before_commit`."""

    def commit(self):
        try:
            before_commit.send(type(self), connection=self)
        except BaseException:
            # Django would roll back after its own exceptions only. After others, SQLite would commit.
            self.rollback()
            raise
        super().commit()
