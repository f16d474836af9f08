"""Undo what a row of a table-driven test stores, so that all rows can share the objects of one setup."""

from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone():
    """Roll back what the block writes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
