"""Rolls back what one row of a table-driven test stores, so that all rows can share the same setup."""

from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone():
    """Context manager that rolls back what its block writes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
