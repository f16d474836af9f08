"""The server's log and database contain nothing about visitors."""

import json
import logging

import pytest
from django.db import connection

from operations.logs import MAX_EXCEPTIONS, MAX_FRAMES, JSONFormatter
from tests.support import builders
from tests.support.production import HOST, database_of_the_test, running_site

# A word that is in every part of the requests that the test sends.
MARK = "quixotic"
# Headers with data about a visitor.
PRIVATE = {
    "User_Agent": "Quixotic-Browser/1",
    "Referer": "https://quixotic.example/page",
    "X_Forwarded_For": "203.0.113.77",
    "X_Real_IP": "203.0.113.77",
    "Cookie": "quixotic=quixotic; __Host-sessionid=quixotic; __Host-csrftoken=quixotic",
    "Accept_Language": "quixotic",
}
MARKS = (MARK, "203.0.113.77", "127.0.0.1")


def cells():
    """Yield (table, row as text) for all rows of all tables."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            for row in cursor.fetchall():
                yield table, str(row)


@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_log_and_database_contain_nothing_about_visitors(tmp_path):
    builders.make_story("Long road")
    builders.make_user("Editors", username="amina")
    before = set(cells())
    with running_site(tmp_path, database_of_the_test(), workers=1, LOG_LEVEL="DEBUG") as site:
        statuses = [status for status, _headers, _body in visits(site)]
    output = site.output()
    assert statuses == [200, 200, 404, 404, 500, 500, 403, 403, 400, 200, 400, 200, 200, 403]
    events = [json.loads(line) for line in output.splitlines()]
    assert {"time", "level", "logger", "message"} <= set(events[0])
    errors = [event for event in events if event["level"] == "ERROR"]
    assert [event["message"] for event in errors[:2]] == [
        "Internal Server Error: /broken/",
        "Internal Server Error: /broken-database/",
    ]
    assert errors[0]["exceptions"][0]["type"] == "builtins.ValueError"
    assert errors[0]["exceptions"][0]["at"][-1].endswith(" broken")
    started = [line for line in output.splitlines() if "Listening at" in line]
    assert len(started) == 1
    written = output.replace(started[0], "").lower()
    assert [mark for mark in MARKS if mark in written] == []
    new = set(cells()) - before
    kept = [(table, text) for table, text in new if any(mark in text.lower() for mark in MARKS)]
    assert kept == []


def visits(site):
    """Yield the responses to requests of all kinds with data about a visitor in all places."""
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    words = f"q={MARK}+{MARK}"
    yield site.ask("/", **PRIVATE)
    yield site.ask(f"/search/?{words}", **PRIVATE)
    yield site.ask(f"/no-such-page/?{words}", **PRIVATE)
    yield site.ask(f"/media/images/no-such.png?{words}", **PRIVATE)
    yield site.ask(f"/broken/?q={MARK}", **PRIVATE)
    yield site.ask(f"/broken-database/?q={MARK}", **PRIVATE)
    login = f"username={MARK}&password={MARK}&next=/admin/"
    yield site.ask("/admin/login/", "POST", login, **PRIVATE | form)
    yield site.ask("/admin/login/", "POST", login, **PRIVATE | form | {"Origin": f"https://{MARK}.example"})
    yield site.ask("/", **PRIVATE | {"Host": f"{MARK}.example"})
    yield failed_login(site)
    yield site.ask(f"/?{words}", **PRIVATE | {"Content_Length": MARK})
    yield site.ask("/", **PRIVATE | {"Content_Type": f"text/plain; a*={MARK}''x"})
    yield site.ask("/?q=%E9", **PRIVATE | {"Content_Type": "text/plain; charset=hex"})
    yield in_another_charset(site)


def in_another_charset(site):
    form = {"Content_Type": "application/x-www-form-urlencoded; charset=utf-7"}
    own = {"Cookie": f"__Host-csrftoken={'a' * 32}", "Referer": f"https://{HOST}/{MARK}/"}
    return site.ask("/", "POST", f"q={MARK}", **PRIVATE | own | form)


def failed_login(site):
    _status, headers, body = site.ask("/admin/login/")
    cookie = headers["Set-Cookie"].partition(";")[0]
    token = body.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    login = f"username=amina&password={MARK}&csrfmiddlewaretoken={token}&next=/admin/"
    own = {"Cookie": f"{cookie}; {MARK}={MARK}", "Referer": f"https://{HOST}/{MARK}/"}
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    return site.ask("/admin/login/", "POST", login, **PRIVATE | own | form)


def fail(depth, cause):
    """Raise an exception with `cause` from a function that is called `depth` times within itself."""
    if depth:
        fail(depth - 1, cause)
    raise ValueError from cause


def test_event_with_many_exceptions_is_short():
    """Anonymous requests can cause such events, so they would fill the disk."""
    error = None
    for _ in range(100):
        try:
            fail(100, error)
        except ValueError as raised:
            error = raised
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Failed", (), (ValueError, error, None))
    exceptions = json.loads(JSONFormatter().format(record))["exceptions"]
    assert [len(each["at"]) for each in exceptions] == [MAX_FRAMES] * MAX_EXCEPTIONS
    assert exceptions[0]["at"][-1].endswith(" fail")
