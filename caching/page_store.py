"""The cached pages of a process, in its memory."""

import threading
import time
from collections import OrderedDict
from typing import NamedTuple

from caching.content_version import MAX_CACHE_SECONDS

# Seconds after which a page is no longer served, even if it can't be made anew because the database is down.
MAX_STALE_SECONDS = 120
# Bytes of all pages, and of the headers of each, which take more than a short body.
MAX_STORE_BYTES = 32 * 1024 * 1024
HEADER_BYTES = 3 * 1024


class CachedPage(NamedTuple):
    """A response with status 200.

    `version`: the content version when the page was begun. `made`: the time.time() then. `etag`: of the
    headers and the plain body, without quotation marks. `headers`: (name, value) of the headers that are the
    same for all requests. `body`: compressed with gzip.
    """

    version: tuple
    made: float
    etag: str
    headers: tuple
    body: bytes

    @property
    def age(self):
        """The seconds since the page was begun."""
        return time.time() - self.made

    @property
    def is_fresh(self):
        return 0 <= self.age < MAX_CACHE_SECONDS


class PageStore:
    """Pages by key: (scheme, host, path, query string of the parameters that the page reads).

    When the pages take more than MAX_STORE_BYTES, those that were stored first are deleted (first in, first
    out). `makers`: {(version, key): Event} of the pages that requests make at the moment. The Event is set
    when the request ends.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.pages, self.size, self.version, self.makers = OrderedDict(), 0, None, {}

    def find(self, key, version):
        """Return the CachedPage of `key` that was begun at the content version `version`, or None.

        It may be too old to be fresh. The caller decides whether to use it then.
        """
        page = self.pages.get(key)
        is_usable = page and version is not None and page.version == version
        return page if is_usable and 0 <= page.age < MAX_STALE_SECONDS else None

    def add(self, key, page):
        """Store `page`, which has the newest content version. Delete the pages of older ones."""
        with self.lock:
            if page.version != self.version:
                self.pages.clear()
                self.version, self.size = page.version, 0
            self.remove(key)
            self.pages[key] = page
            self.size += size_of(key, page)
            while self.size > MAX_STORE_BYTES:
                self.remove(next(iter(self.pages)))

    def remove(self, key):
        """Remove the page of `key`, if there is one."""
        if page := self.pages.pop(key, None):
            self.size -= size_of(key, page)


def size_of(key, page):
    """Return the bytes that `page` takes with its key. Anybody can choose a long query string."""
    return len(page.body) + sum(map(len, key)) + HEADER_BYTES
