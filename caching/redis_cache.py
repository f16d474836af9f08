"""Django's Redis cache, without errors for those who use it while Redis does not answer.

A read is then a miss, and a write is dropped. The content version does not use this cache, because it must
not miss a change: caching/shared_version.py.
"""

import logging
import threading
import time

from django.core.cache.backends import redis as django_redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Seconds for which Redis is not asked after it failed.
PAUSE_SECONDS = 2


class Unavailable(Exception):
    """Redis did not answer, or was not asked because it did not answer a moment ago."""


class CircuitBreaker:
    """Calls functions that ask Redis. After a failure it calls none for PAUSE_SECONDS, then one as a trial.

    So a Redis that hangs delays one request in a while, not each.
    """

    def __init__(self):
        self.lock = threading.Lock()
        # The time.monotonic() from which on Redis may be asked again, or None while it answers.
        self.retry_at = None

    def call(self, function, *arguments):
        """Return the result of `function`. Raises Unavailable if Redis fails or is not asked."""
        with self.lock:
            if self.retry_at is not None:
                if time.monotonic() < self.retry_at:
                    raise Unavailable
                # This call is the trial. The others pause again, until it has succeeded.
                self.retry_at = time.monotonic() + PAUSE_SECONDS
        try:
            result = function(*arguments)
        except (RedisError, OSError) as error:
            self.record_failure(error)
            raise Unavailable from error
        if self.retry_at is not None:
            self.retry_at = None
            logger.warning("The cache of CACHE_URL answers again.")
        return result

    def record_failure(self, error):
        with self.lock:
            is_first, self.retry_at = self.retry_at is None, time.monotonic() + PAUSE_SECONDS
        if is_first:
            # The message of the exception contains the address, but no password.
            logger.error("The cache of CACHE_URL does not answer: %s: %s", type(error).__name__, error)


# The CircuitBreaker of this process. The cache and caching/shared_version.py both use it.
breaker = CircuitBreaker()


# Stands for a value that another release pickled and this one can't read.
UNREADABLE = object()


class TolerantSerializer(django_redis.RedisSerializer):
    """Django's serializer, which returns UNREADABLE in place of an exception."""

    def loads(self, data):
        try:
            return super().loads(data)
        except Exception:  # unpickling runs code of the value's classes, which can raise anything
            return UNREADABLE


class RedisCacheClient(django_redis.RedisCacheClient):
    """Django's client. If Redis does not answer, a read finds nothing, and a write has no effect."""

    def __init__(self, servers, **options):
        super().__init__(servers, serializer=TolerantSerializer, **options)

    def _attempt(self, method, *arguments, otherwise=None):
        try:
            return breaker.call(method, *arguments)
        except Unavailable:
            return otherwise

    def add(self, key, value, timeout):
        return self._attempt(super().add, key, value, timeout, otherwise=False)

    def get(self, key, default):
        value = self._attempt(super().get, key, default, otherwise=default)
        return default if value is UNREADABLE else value

    def set(self, key, value, timeout):
        return self._attempt(super().set, key, value, timeout)

    def touch(self, key, timeout):
        return self._attempt(super().touch, key, timeout, otherwise=False)

    def delete(self, key):
        return self._attempt(super().delete, key, otherwise=False)

    def get_many(self, keys):
        found = self._attempt(super().get_many, keys, otherwise={})
        return {key: value for key, value in found.items() if value is not UNREADABLE}

    def has_key(self, key):
        return self._attempt(super().has_key, key, otherwise=False)

    def incr(self, key, delta):
        value = self._attempt(super().incr, key, delta)
        if value is None:
            raise ValueError(f"Key '{key}' not found.")
        return value

    def set_many(self, data, timeout):
        return self._attempt(super().set_many, data, timeout)

    def delete_many(self, keys):
        return self._attempt(super().delete_many, keys)

    def clear(self):
        return self._attempt(super().clear, otherwise=False)


class RedisCache(django_redis.RedisCache):
    """The cache backend for the setting CACHES."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = RedisCacheClient
