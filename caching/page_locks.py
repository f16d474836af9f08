"""Lets one request make a page at a time: in a process, and among the processes with the same data folder."""

import fcntl
import hashlib
import os
import threading
import time
from contextlib import suppress

# Seconds of a pause while a request waits for another process.
PAUSE = 0.02


class PageLocks:
    """Has a lock for each page of each content version: on one byte past the end of the empty file `path`.

    The system releases the locks of a process when it ends, even by a crash. Threads of one process don't
    exclude each other: of their requests, the first one that wants a page is in `reservations`.
    """

    def __init__(self, path):
        self.lock = threading.Lock()
        # {(version, key): Reservation}
        self.reservations = {}
        self.file = None
        with suppress(OSError):  # The data folder is missing or full. Then there are no locks.
            # It stays open: closing any handle of the file would release all locks of the process.
            self.file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self, version, key):
        """Return whether this process has the lock now, without waiting for it.

        Where locks are impossible, it is always True. Then each process makes its pages.
        """
        try:
            if self.file is not None:
                fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, position(version, key))
        except BlockingIOError:
            return False
        except OSError:  # The file system has no locks.
            return True
        return True

    def release(self, version, key):
        """Release the lock, if this process has it."""
        if self.file is not None:
            with suppress(OSError):
                fcntl.lockf(self.file, fcntl.LOCK_UN, 1, position(version, key))


class Reservation:
    """The place of one request among those that want the page `key` of the content version `version`.

    `may_make`: whether it is the one that makes the page. All others wait for that one. Call `end` at the end
    of the request.
    """

    def __init__(self, locks, version, key):
        self.locks, self.version, self.key = locks, version, key
        self.has_ended = threading.Event()
        with locks.lock:
            first = locks.reservations.setdefault((version, key), self)
        # The Reservation of the request that came first in this process, or None if it is this one.
        self.other = None if first is self else first
        self.may_make = self.other is None and locks.acquire(version, key)

    def wait(self, seconds):
        """Wait for the request that makes the page, for `seconds` at most. Return whether it has ended.

        If that was a request of another process, this one `may_make` the page then.
        """
        if self.other:
            return self.other.has_ended.wait(seconds)
        end = time.monotonic() + seconds
        while not self.may_make and time.monotonic() < end:
            time.sleep(PAUSE)
            self.may_make = self.locks.acquire(self.version, self.key)
        return self.may_make

    def end(self):
        """Let the requests and processes go on that wait for this request."""
        if self.other is None:
            self.locks.release(self.version, self.key)
            with self.locks.lock:
                del self.locks.reservations[self.version, self.key]
            self.has_ended.set()


def position(version, key):
    """Return the number of the byte for a page: 56 bits of a hash, because offsets have 63."""
    return int.from_bytes(hashlib.sha256(repr((version, key)).encode()).digest()[:7])
