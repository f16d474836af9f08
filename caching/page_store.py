"""The cached pages of a process, and those of other processes, through "pages" of the setting CACHES."""

import hashlib
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.cache import caches

from caching.content_version import MAX_CACHE_SECONDS, content_version

# Seconds after which a page is no longer served, even if it can't be made anew because the database is down.
MAX_STALE_SECONDS = 120
# Bytes of all compressed pages that one process has in memory.
MAX_STORE_BYTES = 32 * 1024 * 1024
# How many pages of older content versions a process has for requests that began before a change.
MAX_OLD_PAGES = 100
# For how many addresses and query strings a process knows the page that Django's last response was.
MAX_EXPECTED = 1000
# How many addresses a process knows the query parameters of: about 5 MB.
MAX_ADDRESSES = 20_000


class CachedPage(NamedTuple):
    """A response with status 200.

    `version`: the content version when the page was begun. `made`: seconds since the epoch. `etag`: of the
    plain body, without quotation marks. `headers`: (name, value) of the headers that are the same for all
    requests. `body`: compressed with gzip.
    """

    version: object
    made: float
    etag: str
    headers: tuple
    body: bytes

    @property
    def age(self):
        """The seconds since the page was made."""
        return time.time() - self.made

    @property
    def is_fresh(self):
        return 0 <= self.age < MAX_CACHE_SECONDS


class PageStore:
    """The pages of one content version in memory, and in the Django cache "pages" for the other processes.

    The last pages of older versions are in memory too (`old_pages`).

    An `address` is a tuple of scheme, host and path. A `key` is that of `page_key`.

    When the pages in memory take more than MAX_STORE_BYTES, those that were stored first are deleted (first
    in, first out).
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.version = None
        # {(version, key): page}
        self.old_pages = OrderedDict()
        # {(address, query string as sent): key of the page that Django's last response was}
        self.expected_keys = OrderedDict()
        self.clear_memory()

    def clear_memory(self):
        self.pages, self.size = OrderedDict(), 0
        # {address: names of the query parameters that its pages depend on}
        self.parameters = OrderedDict()

    def start_version(self, version):
        """Delete the pages of older content versions, so that no text that was taken away stays on the disk.

        Do nothing if `version` is no longer the content version: a request that began before a change must
        not bring back the pages of that time.
        """
        if version == self.version:
            return
        with self.lock:
            # Read within the lock, so that no other thread starts a newer version in between.
            if version == self.version or version != content_version.read():
                return
            for key, page in list(self.pages.items())[-MAX_OLD_PAGES:]:
                self.keep_for_late_requests(key, page)
            is_first, self.version = self.version is None, version
            self.clear_memory()
        # A process that starts leaves the pages that others stored. Pages in the Redis of CACHE_URL expire by
        # themselves, after MAX_STALE_SECONDS.
        if not is_first and not settings.CACHE_URL:
            caches["pages"].clear()

    def keep_for_late_requests(self, key, page):
        """Keep a page of an older content version, so that requests of that time don't make it again."""
        self.old_pages[page.version, key] = page
        while len(self.old_pages) > MAX_OLD_PAGES:
            self.old_pages.popitem(last=False)

    def find(self, key, version):
        """Return the CachedPage of `key` that was made at the content version `version`, or None.

        It may be too old to be fresh. The caller decides whether to use it then.
        """
        if version is None:
            return None
        self.start_version(version)
        page = self.old_pages.get((version, key)) or self.pages.get(key)
        if page is None or page.version != version or not page.is_fresh:
            page = self.find_shared(key) or page
        if page is None or page.version != version or not 0 <= page.age < MAX_STALE_SECONDS:
            return None
        return page

    def find_shared(self, key):
        """Return the page that another process stored, or None."""
        try:
            page = CachedPage(*caches["pages"].get(key))
            is_whole = isinstance(page.body, bytes)  # Something else with five parts is no page.
        except Exception:
            # There is none, or it can't be read: part of a file, or no answer from the Redis of CACHE_URL.
            return None
        if not is_whole:
            return None
        self.add_to_memory(key, page)
        return page

    def add(self, key, page):
        if page.version != self.version:
            with self.lock:
                self.keep_for_late_requests(key, page)
            return
        self.add_to_memory(key, page)
        with suppress(OSError):  # The disk is full. The page can be served all the same.
            # A plain tuple can be read without the class, which may have changed.
            caches["pages"].set(key, tuple(page), MAX_STALE_SECONDS)

    def add_to_memory(self, key, page):
        with self.lock:
            if page.version != self.version:
                return
            if old := self.pages.pop(key, None):
                self.size -= len(old.body)
            self.pages[key] = page
            self.size += len(page.body)
            while self.size > MAX_STORE_BYTES:
                _key, first = self.pages.popitem(last=False)
                self.size -= len(first.body)

    def expect(self, as_sent, key):
        """Remember that the response to `as_sent`, (address, query string), was the page of `key`."""
        with self.lock:
            self.expected_keys[as_sent] = key
            self.expected_keys.move_to_end(as_sent)
            while len(self.expected_keys) > MAX_EXPECTED:
                self.expected_keys.popitem(last=False)

    def find_parameters(self, address, version):
        """Return the names of the query parameters that the pages at `address` depend on; None if unknown."""
        if version is None:
            return None
        self.start_version(version)
        names = self.parameters.get(address) if version == self.version else None
        if names is None:
            try:
                of_version, *names = caches["pages"].get(page_key(address, None))
            except Exception:  # As in `find_shared`.
                return None
            if of_version != version:
                return None
            self.add_parameters(address, version, names)
        return names

    def add_parameters(self, address, version, names, is_shared=False):
        """Remember that the pages at `address` depend on the query parameters `names` and on no others.

        `is_shared`: whether to tell the other processes.
        """
        with self.lock:
            if version != self.version or address in self.parameters:
                return
            self.parameters[address] = tuple(names)
            if len(self.parameters) > MAX_ADDRESSES:
                self.parameters.popitem(last=False)
        if is_shared:
            with suppress(OSError):
                caches["pages"].set(page_key(address, None), (version, *names), MAX_STALE_SECONDS)


# Every request asks for a key, mostly for that of a popular page. gunicorn refuses addresses above 4 KB, so
# this cache takes a few MB at most.
@lru_cache(maxsize=1000)
def page_key(address, query):
    """Return the key of the page at `address`, a tuple of texts, with the query string `query`.

    With None as `query`, it is the key of the names of the parameters of the address.
    It is a hash, because Django warns on standard error about long keys in a cache, and prints them.
    """
    return hashlib.sha256(repr((hash_release(), address, query)).encode()).hexdigest()


@cache
def hash_release():
    """Return a hash of the project's code and templates: no process uses pages that another release made."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        folder = Path(app.path)
        # The virtual environment can be within BASE_DIR.
        if folder.is_relative_to(settings.BASE_DIR) and "site-packages" not in folder.parts:
            for path in sorted(folder.rglob("*")):
                if path.suffix in {".css", ".html", ".js", ".py", ".txt", ".xml"}:
                    digest.update(str(path.relative_to(settings.BASE_DIR)).encode())
                    digest.update(path.read_bytes())
    return digest.hexdigest()
