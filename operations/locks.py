"""A lock between all processes of the site, on every machine that shares its database."""

import fcntl
from contextlib import contextmanager
from zlib import crc32

from django.conf import settings
from django.db import connection

# Apart from the locks of other programs in the same server.
FAMILY = crc32(b"stories") & 0x7FFFFFFF


@contextmanager
def held(name, wait=True):
    """Hold the lock `name`; give whether it was got, which without `wait` it isn't while another holds it.

    It is freed when the process ends, however that happens.
    """
    with (_file_lock if connection.vendor == "sqlite" else _database_lock)(name, wait) as got:
        yield got


@contextmanager
def _database_lock(name, wait):
    # Of its own: Django may close and open the usual connection meanwhile, and with it goes the lock.
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            # Who waits does so as long as it takes.
            cursor.execute("SET statement_timeout = 0")
            function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
            cursor.execute(f"SELECT {function}(%s, %s)", [FAMILY, crc32(name.encode()) & 0x7FFFFFFF])
            yield wait or cursor.fetchone()[0]
    finally:
        own.close()


@contextmanager
def _file_lock(name, wait):
    with open(settings.DATA_DIR / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
