"""Fixtures for the tests of the page cache."""

import pytest
from django.core.cache import caches
from wagtail.models import Site

from home.models import SiteSettings


@pytest.fixture
def empty_page_cache(db, committed):
    """The database, with rows that count as committed (tests/conftest.py), and no cached page."""
    # Otherwise the first request would make the row, which is a change: nothing cached before would be used.
    SiteSettings.for_site(Site.objects.get())
    caches["pages"].clear()
