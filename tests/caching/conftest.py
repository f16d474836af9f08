"""Fixtures for the tests of the page cache."""

import pytest


@pytest.fixture
def visible_rows(db, committed):
    """The database, with rows that count as committed (tests/conftest.py)."""
