"""Lets one request make a page at a time: in a process, and among the processes with the same data folder."""

import fcntl
import hashlib
import os
import threading
from contextlib import suppress


class PageInProgress:
    """A page that one request makes, and that others wait for.

    `done`: set when that request ends. `page`: its CachedPage, or None if it got none.
    """

    def __init__(self):
        self.done, self.page = threading.Event(), None


class PageLocks:
    """Has a lock for each page of each content version: on one byte past the end of the empty file `path`.

    The system releases the locks of a process when it ends, even by a crash. Threads of one process don't
    exclude each other.
    """

    def __init__(self, path):
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


def position(version, key):
    """Return the number of the byte for a page: 56 bits of a hash, because offsets have 63."""
    return int.from_bytes(hashlib.sha256(repr((version, key)).encode()).digest()[:7])
