"""Django middleware of the page cache: makes no pages for a moment after the database failed."""

import time

from django.db import Error

from caching.cacheable import ENVIRON_KEY
from caching.content_version import content_version
from caching.outage import outage_page
from caching.versioned_cache import set_request_version

# Seconds for which no page is made after the database failed.
OUTAGE_PAUSE_SECONDS = 1


class PageCacheMiddleware:
    """Reads the content version for caching/page_cache.py. If the database is down, no page is made.

    In MIDDLEWARE it is below the middleware that sets the same headers on every response, also on the outage
    page, and above the middleware that uses the database to make a page. The code below it uses the caches
    of caching/versioned_cache.py.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        # The time.monotonic() until which no page is made, after the database failed.
        self.pause_until = 0

    def __call__(self, request):
        cache_request = request.META.get(ENVIRON_KEY)
        if cache_request is None:  # a request that the page cache leaves alone, such as one with a session
            return self.get_response(request)
        if time.monotonic() < self.pause_until:
            return outage_page()
        try:
            # Read before anything else is, so that nothing older is cached with this version.
            cache_request.version = content_version.read()
        except Error:
            self.pause_until = time.monotonic() + OUTAGE_PAUSE_SECONDS
            return outage_page()
        with set_request_version(cache_request.version):
            return self.get_response(request)
