"""Which errors of a database are an outage, and what an error of one query means for other requests.

After a lost connection, the process makes no pages for one second: it sends cached ones, or else the outage
page. Another error concerns only the request in which it is raised.
"""

import sqlite3
from contextlib import closing

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.urls import path

from operations.lost_connection import is_connection_lost
from operations.outage import server_error
from site_project import urls
from tests.support import builders
from tests.support.wsgi import SiteClient

# (exception of psycopg, whether it is an outage)
CAUSES = [
    (psycopg.OperationalError("the connection is closed"), True),
    (psycopg.errors.ConnectionTimeout(), True),
    (psycopg.errors.ConnectionFailure(), True),
    (psycopg.errors.AdminShutdown(), True),
    (psycopg.errors.CrashShutdown(), True),
    (psycopg.errors.CannotConnectNow(), True),
    (psycopg.errors.TooManyConnections(), True),
    (psycopg.errors.IdleSessionTimeout(), False),
    (psycopg.errors.QueryCanceled(), False),
    (psycopg.errors.LockNotAvailable(), False),
    (psycopg.errors.DeadlockDetected(), False),
    (psycopg.errors.SerializationFailure(), False),
    (psycopg.errors.OutOfMemory(), False),
    (psycopg.errors.DiskFull(), False),
]


def raised(action, *arguments):
    """Return the exception that `action` raises."""
    with pytest.raises(Exception) as caught:
        action(*arguments)
    return caught.value


def wrapped(cause, kind=OperationalError):
    """Return Django's exception around the driver's exception `cause`."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(("cause", "expected"), CAUSES, ids=lambda value: type(value).__name__)
def test_error_of_postgresql(cause, expected):
    assert is_connection_lost(wrapped(cause)) is expected


def test_error_of_sqlite(tmp_path):
    file = tmp_path / "db"
    missing = raised(sqlite3.connect, tmp_path / "nothing" / "db")
    with closing(sqlite3.connect(file)) as writer, closing(sqlite3.connect(file, timeout=0)) as other:
        writer.execute("BEGIN EXCLUSIVE")
        locked = raised(other.execute, "SELECT * FROM sqlite_schema")
        syntax = raised(other.execute, "SELECTED")
    unreadable, changed = sqlite3.OperationalError(), sqlite3.OperationalError()
    unreadable.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ  # an extended code of SQLITE_IOERR
    changed.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    lost, alone = (missing, unreadable), (locked, changed, syntax)
    assert [is_connection_lost(wrapped(error)) for error in (*lost, *alone)] == [True] * 2 + [False] * 3


def test_other_errors():
    assert is_connection_lost(OperationalError("the connection is closed"))
    for mistake in (psycopg.InterfaceError("the cursor is closed"), sqlite3.InterfaceError("bad parameter")):
        assert not is_connection_lost(wrapped(mistake, InterfaceError))
    assert not is_connection_lost(wrapped(psycopg.errors.SyntaxError(), ProgrammingError))
    assert not is_connection_lost(ValueError())
    assert not is_connection_lost(None)


# --- Requests: "failing/" makes one query that the database gives up --------------------------------

# In both cases, Django raises OperationalError.
FAILING_QUERIES = {
    "sqlite": ["SELECT * FROM no_such_database.a"],
    "postgresql": ["SET LOCAL statement_timeout = 20", "SELECT pg_sleep(5)"],
}


def failing(request):
    with transaction.atomic(), connection.cursor() as cursor:
        for query in FAILING_QUERIES[connection.vendor]:
            cursor.execute(query)


def missing_database(request):
    raise OperationalError("the connection is closed")


urlpatterns = [path("failing/", failing), path("missing/", missing_database), *urls.urlpatterns]
handler500 = server_error


@pytest.fixture
def site(db):
    return SiteClient(raise_request_exception=False)


# (address whose view raises an error, status of another page right after it)
@pytest.mark.parametrize(("address", "status"), [("/failing/", 200), ("/missing/", 503)])
def test_only_a_lost_connection_stops_other_pages(site, settings, address, status):
    other = builders.make_story("Long road").url
    settings.ROOT_URLCONF = __name__
    response = site.get(address)
    assert response.status_code == 503
    assert response["Cache-Control"] == "no-store"
    assert site.get(other).status_code == status
