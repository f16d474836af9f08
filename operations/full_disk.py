"""What is answered when a disk is full: nothing was saved, in plain words."""

import errno
import sqlite3

from django.http import HttpResponse
from django.template.loader import render_to_string

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


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


def no_room_page():
    return HttpResponse(render_to_string("507.html"), status=507)
