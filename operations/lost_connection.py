"""Detects errors that mean that the database can't be reached, as opposed to one query that failed."""

import sqlite3

from django.db import OperationalError

# SQLSTATEs of PostgreSQL (appendix A of its manual): class 08 is connection exceptions. The others say that
# the server shuts down, crashed or is starting, that its database was dropped, or that it has too many
# connections. Not 57P05, by which it ends one session that was idle for too long.
CONNECTION_CLASS = "08"
CONNECTION_STATES = {"57P01", "57P02", "57P03", "57P04", "53300"}
# Primary result codes of SQLite. A database that is locked (SQLITE_BUSY) is there.
SQLITE_CODES = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
# The lowest byte of an error code of SQLite is its primary result code.
PRIMARY_CODE = 0xFF


def is_connection_lost(error):
    """Return whether `error`, an exception or None, means that the database can't be reached.

    A query that was canceled, waited for a lock or met a deadlock failed alone. Django raises
    OperationalError for these too. InterfaceError is for mistakes in code, such as a closed cursor.
    """
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__ or error
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", 0) & PRIMARY_CODE) in SQLITE_CODES
    # Without a SQLSTATE, the error is from psycopg: it could not connect, whatever the server answered, or
    # lost the connection.
    state = getattr(cause, "sqlstate", None)
    return not state or state.startswith(CONNECTION_CLASS) or state in CONNECTION_STATES
