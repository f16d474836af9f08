"""Fixtures for the tests of the page cache."""

import pytest

from tests.support import builders
from tests.support.wsgi import SiteClient


@pytest.fixture
def visible_rows(db, committed):
    """The database, with rows that count as committed (tests/conftest.py)."""


@pytest.fixture
def client():
    """A client of one process of the site, with its own page cache."""
    return SiteClient()


@pytest.fixture
def story(visible_rows):
    return builders.make_story("The old words", countries=["KE"], themes=["Mining"])
