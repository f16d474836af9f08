"""Detects errors that come from a full disk, and returns the page that explains them (status 507)."""

import errno
import sqlite3

from django.http import HttpResponse
from django.template.loader import render_to_string

# No space, a quota, and a limit on the size of a file.
FULL_DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def is_disk_full(error):
    """Return whether `error`, or an exception that caused it, means a full disk.

    It may come from a file, from SQLite or from PostgreSQL.
    """
    while error:
        if isinstance(error, OSError) and error.errno in FULL_DISK_ERRNOS:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == "53100":  # PostgreSQL's disk_full
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_full_page():
    return HttpResponse(render_to_string("507.html"), status=507)
