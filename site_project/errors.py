"""The page for what went wrong on our side: with its own words when there is no room left on a disk."""

import errno
import sqlite3
import sys

from django.http import HttpResponse
from django.template.loader import render_to_string

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def server_error(request):
    """Django's handler500: answer 507 when a disk is full, else 500."""
    if is_no_room(sys.exc_info()[1]):
        return HttpResponse(render_to_string("507.html"), status=507)
    return HttpResponse(render_to_string("500.html"), status=500)


def is_no_room(error):
    """Whether `error`, or what it came from, is a full disk: of files, of SQLite, or of PostgreSQL."""
    while error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == "53100":
            return True
        error = error.__cause__ or error.__context__
    return False
