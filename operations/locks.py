"""Named locks between all processes of the site, on every machine that shares its database."""

import fcntl
import os
from contextlib import contextmanager
from zlib import crc32

from django.conf import settings
from django.db import connection

# First key of PostgreSQL's advisory locks. It separates them from the locks of other programs. The keys are
# signed 32-bit integers, and a CRC is unsigned, so its highest bit is left out.
NAMESPACE = crc32(b"stories") & 0x7FFFFFFF


def hold(name, wait=True):
    """Return a context manager that holds the lock `name`. It yields whether the lock was acquired.

    With `wait`, it waits until no other process holds the lock. Without, it yields False at once in that
    case. The lock is released when the process ends, even by a crash.
    """
    lock = hold_file if connection.vendor == "sqlite" else _database_lock
    return lock(name, wait)


@contextmanager
def _database_lock(name, wait):
    # A connection of its own: Django may close the default one meanwhile, which would release the lock.
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            # A server can have a limit on the time of a statement. There is none on the time to wait here.
            cursor.execute("SET statement_timeout = 0")
            function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
            cursor.execute(f"SELECT {function}(%s, %s)", [NAMESPACE, crc32(name.encode()) & 0x7FFFFFFF])
            yield wait or cursor.fetchone()[0]
    finally:
        own.close()


@contextmanager
def hold_file(name, wait):
    """Hold the lock `name` between the processes that share the data folder. See `hold`."""
    with open(settings.DATA_DIR / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def share(name):
    """Hold the lock `name` of the data folder, beside others that share it, until the process ends.

    Return the descriptor of its file, which processes that are forked hold too.
    """
    file = os.open(settings.DATA_DIR / f"{name}.lock", os.O_CREAT | os.O_WRONLY, 0o600)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file
