"""A cache in the memory of one process, for values that many public pages need (menu, settings, cards).

It is emptied when the content version changes: caching/content_version.py.
"""

import secrets
import time
from contextlib import contextmanager
from contextvars import ContextVar

from django.core.cache.backends.locmem import LocMemCache
from django.db import connection

from caching.content_version import MAX_CACHE_SECONDS, content_version

# The content version at the beginning of a request that any visitor could send. None in all other requests.
request_version = ContextVar("request_version", default=None)


def current_version():
    """Return the content version at the beginning of the request, or a recent one if the request has none.

    That of the request is preferred: it is known already, and all parts of a page have the same. None within
    a transaction: it would read its own row, and other threads would keep old values with a version to come.
    """
    return None if in_transaction() else request_version.get() or content_version.recent()


@contextmanager
def set_request_version(version):
    """Have the caches of this module used within the block, with the content version `version`."""
    token = request_version.set(version)
    try:
        yield
    finally:
        request_version.reset(token)


class VersionedCache:
    """Values that are used while the content version is the same, for MAX_CACHE_SECONDS at most.

    `max_entries`: when the cache has this number of values, it is emptied before the next ones are made. So
    its memory does not grow with the number of pages.

    Nothing is cached without a version or within a transaction: the value may be for a logged-in user, or may
    depend on rows that are never committed. `make` is then called each time.
    """

    def __init__(self, max_entries=3000):
        self.max_entries = max_entries
        # The content version, the time.monotonic() at which the dictionary was begun, and the dictionary.
        self._state = None, 0, {}

    def __call__(self, key, make, version=None):
        """Return the value of `key`, which is make() unless it is cached. The caller must not change it.

        `version`: the content version, if it is not `request_version`.
        """
        # As `many`, with None as the only key.
        return self.many(key, [None], lambda _keys: {None: make()}, version)[None]

    def many(self, name, keys, make, version=None):
        """Return {key: value} for those of `keys` that have a value.

        `name`: tells apart uses of the same cache. `make`: takes the keys that are not cached, and returns
        {key: value} for those that have a value. `version`: as in `__call__`.
        """
        version = version or request_version.get()
        if version is None or in_transaction():
            return make(keys)
        cached_version, since, values = self._state
        if cached_version != version or time.monotonic() - since >= MAX_CACHE_SECONDS:
            values = self._start(version)
        found = {key: values[name, key] for key in keys if (name, key) in values}
        missing = [key for key in keys if key not in found]
        if missing:
            if len(values) >= self.max_entries:
                values = self._start(version)
            made = make(missing)
            values.update({(name, key): value for key, value in made.items()})
            found |= made
        return found

    @property
    def is_active(self):
        """Whether values are cached in the request at hand."""
        return request_version.get() is not None and not in_transaction()

    def _start(self, version):
        values = {}
        self._state = version, time.monotonic(), values
        return values


def in_transaction():
    """Return whether the connection is in a transaction, in which rows may differ from what is cached."""
    return connection.in_atomic_block


# Shared by everything that is small. Large values have a VersionedCache of their own, with its own limit.
cached = VersionedCache()


class VersionedLocMemCache(LocMemCache):
    """Django's cache in the memory of a process. Wagtail uses it, and tells no other process of changes.

    Each thread has its own object, but the values are shared.
    """

    version_of_get = None

    def make_key(self, key, version=None):
        # Within a transaction, and while the version is unknown, nothing is found, and what is stored is
        # found by nobody.
        known = current_version()
        state = hash(known) if known else secrets.token_hex(8)
        return super().make_key(f"{state}:{key}", version)

    def get(self, *arguments, **options):
        self.version_of_get = current_version()
        return super().get(*arguments, **options)

    def set(self, *arguments, **options):
        # What was looked up before a change is not stored as if it were after it. The version is that of the
        # key too, which is made after this comparison.
        known = current_version()
        if known == self.version_of_get:
            with set_request_version(known):
                super().set(*arguments, **options)
