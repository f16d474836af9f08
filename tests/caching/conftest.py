"""Fixtures for the tests of the page cache."""

import pytest
from django.core.cache import caches
from wagtail.models import Site

from home.models import SiteSettings


@pytest.fixture
def empty_page_cache(db, committed):
    """The database, with rows that count as committed, and no cached page."""
    SiteSettings.for_site(Site.objects.get())  # Otherwise the first request makes them.
    caches["pages"].clear()
