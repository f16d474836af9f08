"""Fixtures for the tests of the page cache."""

import pytest
from django.core.cache import caches


@pytest.fixture
def empty_page_cache(db, committed):
    """The database, with rows that count as committed (tests/conftest.py), and no cached page."""
    caches["pages"].clear()
