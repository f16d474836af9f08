"""The content version in the Redis of CACHE_URL, which all machines share: caching/content_version.py.

While Redis does not answer, the version is unknown, and nothing cached is used. A change that can't be
written to Redis is noted in the database, in the same transaction as what changed. So the note stays if
this process dies. Each second, the process that reads the version first looks for notes. If there is one,
it empties Redis, and with it the version. So all processes see the change within a second, even those that
reached Redis all the time, and pages that were cached meanwhile are gone.
"""

import logging
import uuid

import redis
from django.db import Error, connection, transaction

from caching.change_time import Change, change_time
from caching.models import MissedChange
from caching.redis_cache import Unavailable, breaker

logger = logging.getLogger(__name__)

# Keys in Redis: the version, and one that expires when missed changes are to be looked for again.
VERSION, CHECKED = "content_version", "content_version_checked"
# Milliseconds from one look for missed changes to the next.
CHECK_INTERVAL = 1000
# The same time after the database did not answer. It is longer, because the look delays a request.
CHECK_INTERVAL_WITHOUT_DATABASE = 10_000


class SharedContentVersion:
    """The version as its time, in nanoseconds, and a random value. It is in the Redis at the address `url`.

    `options`: arguments for redis-py. `breaker`: the CircuitBreaker through which Redis is asked.
    """

    def __init__(self, url, options, breaker=breaker):
        self.redis, self.breaker = redis.Redis.from_url(url, **options), breaker
        # Whether a change could be written neither to Redis nor to the database.
        self.is_change_pending = False

    def read(self):
        """Return the version, or None if it is unknown. Then nothing cached may be used."""
        try:
            if self.is_change_pending:
                self.breaker.call(self._write)
            version, is_checked = self.breaker.call(self.redis.mget, VERSION, CHECKED)
            if version and is_checked:
                return version
            return self.breaker.call(self._check)
        except Unavailable:
            return None

    def peek(self):
        """Return the version without a look for missed changes, which can close the connection.

        It is None if it is unknown.
        """
        try:
            return self.breaker.call(self.redis.get, VERSION)
        except Unavailable:
            return None

    def changed_at(self, version):
        """Return the time of the change that made `version`, in nanoseconds."""
        return int(version.partition(b".")[0])

    def change(self, kind):
        """Change the version, and return the new one. If Redis does not answer, note it, and return None.

        `kind`: a Change. If it is BEGUN and no note can be made, the Error is raised, because the change must
        not be made then.
        """
        try:
            return self.breaker.call(self._write, kind)
        except Unavailable:
            if kind == Change.BEGUN:
                # Without atomic(): if that fails within a commit, the connection can't be used any more.
                MissedChange.objects.create()
                return None
            try:
                with transaction.atomic():
                    MissedChange.objects.create()
            except Error:
                logger.exception("A change of the content version could not be noted.")
                self.is_change_pending = True
            return None

    def _write(self, kind=Change.STATEMENT):
        version = new_version(kind)
        self.redis.set(VERSION, version)
        self.is_change_pending = False
        return version

    def _check(self):
        """Apply missed changes, if they were not looked for lately, and return the version."""
        # Not in a transaction: a look can close the connection. There, nothing cached is used anyway.
        # CHECKED is set first, so that only one request waits while the database hangs.
        if not connection.in_atomic_block and self.redis.set(CHECKED, 1, px=CHECK_INTERVAL, nx=True):
            self._apply_missed_changes()
        # `nx`: only if there is none, as after Redis was emptied or started anew.
        self.redis.set(VERSION, new_version(), nx=True)
        return self.redis.get(VERSION)

    def _apply_missed_changes(self):
        """Empty Redis, and with it the version, if the database has notes of missed changes."""
        try:
            # A request answered from the page cache does not send the signals by which Django does this.
            connection.close_if_unusable_or_obsolete()
            if MissedChange.objects.exists():
                # If Redis fails here, or this process dies, the notes stay.
                with transaction.atomic():
                    MissedChange.objects.all().delete()
                    self.redis.flushdb()
        except Error:
            logger.warning("Missed changes could not be looked for.", exc_info=True)
            self.redis.set(CHECKED, 1, px=CHECK_INTERVAL_WITHOUT_DATABASE)


def new_version(kind=Change.STATEMENT):
    return f"{change_time(kind)}.{uuid.uuid4().hex}".encode()
