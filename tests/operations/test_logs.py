"""The server's log and database contain nothing about visitors."""

import json
import logging

import pytest
from django.contrib.auth import authenticate
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from wagtail.models import Workflow

from accounts.reauthentication import check_factor
from accounts.throttle import PER_NAME_AND_ADDRESS, PER_NAME_STRICT
from operations.logs import MAX_EXCEPTIONS, MAX_FRAMES, JSONFormatter
from tests.support import builders, production, signing_in, stored_text

# A word that is in the requests that the test sends, and in no text of the site.
MARK = "quixotic"
# Headers with data about a visitor.
PRIVATE = {"User_Agent": "Quixotic-Browser/1", "Referer": "https://quixotic.example/page"}
PRIVATE |= dict.fromkeys(("X_Forwarded_For", "X_Real_IP"), "203.0.113.77") | {"Accept_Language": "quixotic"}
PRIVATE["Cookie"] = "quixotic=quixotic; __Host-sessionid=quixotic; __Host-csrftoken=quixotic"
MARKS = (MARK, "203.0.113.77", "127.0.0.1", signing_in.TOKEN)


def all_rows():
    """Return {(table, row as text)} of all tables."""
    return {(table, str(row)) for table, rows in stored_text.stored_rows().items() for row in rows}


@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_log_and_database_contain_nothing_about_visitors(tmp_path):
    builders.make_story("Long road")
    amina = builders.make_user("Editors", username="amina")
    before = all_rows()
    # Nothing listens on port 9. Without EMAIL_URL, no link would reset a password.
    variables = {"LOG_LEVEL": "DEBUG", "EMAIL_URL": "smtp://127.0.0.1:9"}
    with production.running_site(tmp_path, production.database_of_the_test(), workers=1, **variables) as site:
        for number, (expected, response) in enumerate([*visits(site), *visits_to_links(site, amina)]):
            assert response[0] == expected, number
    output = site.output()
    events = [json.loads(line) for line in output.splitlines()]
    assert {"time", "level", "logger", "message"} <= set(events[0])
    # gunicorn would warn of each HEAD request.
    assert [event for event in events if "HEAD" in event["message"]] == []
    errors = [event for event in events if event["level"] == "ERROR"]
    paths = [event["message"].removeprefix("Internal Server Error: ") for event in errors[:2]]
    assert paths == ["/broken/", "/broken-database/"]
    assert errors[0]["exceptions"][0]["type"] == "builtins.ValueError"
    assert errors[0]["exceptions"][0]["at"][-1].endswith(" broken")
    # gunicorn logs the server's own address.
    [started] = [line for line in output.splitlines() if "Listening at" in line]
    written = output.replace(started, "").lower()
    assert [mark for mark in MARKS if mark in written] == []
    new = all_rows() - before
    assert [row for row in new if any(mark in row[1].lower() for mark in MARKS)] == []
    assert "/invitation/..." in output


def visits(site):
    """Send requests of all kinds with data about a visitor in all places.

    Yield (expected status, response) of each.
    """
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    words, login = f"q={MARK}+{MARK}", f"username={MARK}&password={MARK}&next=/admin/"
    # The views of /broken/ and /broken-database/ raise errors: tests/support/production_urls.py.
    for status, address, more in (
        (200, "/", {}),
        (200, f"/search/?{words}", {}),
        (404, f"/no-such-page/?{words}", {}),
        (404, f"/media/images/no-such.png?{words}", {}),
        (500, f"/broken/?q={MARK}", {}),
        (500, f"/broken-database/?q={MARK}", {}),
        (400, "/", {"Host": f"{MARK}.example"}),
        (400, f"/?{words}", {"Content_Length": MARK}),
        (500, "/no-such/", {"Content_Type": f"text/plain; a*={MARK}''x"}),
        (500, "/no-such/?q=%E9", {"Content_Type": "text/plain; charset=hex"}),
    ):
        yield status, site.ask(address, **PRIVATE | more)
    yield 200, site.ask("/livez", "HEAD", **PRIVATE)
    for more in ({}, {"Origin": f"https://{MARK}.example"}):
        yield 403, site.ask("/admin/login/", "POST", login, **PRIVATE | form | more)
    yield 200, failed_login(site)
    # A form in a charset that Django can't use, with a CSRF cookie but no token in the form.
    own = {"Cookie": f"__Host-csrftoken={'a' * 32}", "Referer": f"https://{production.HOST}/{MARK}/"}
    other = {"Content_Type": "application/x-www-form-urlencoded; charset=utf-7"}
    yield 500, site.ask("/", "POST", f"q={MARK}", **PRIVATE | own | other)


def visits_to_links(site, user):
    """Open links to choose a password, as visits() does: both kinds, whole, cut, and with more at the end."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    for kind in ("invitation", "password_reset/confirm"):
        link = f"/admin/{kind}/{key}/{signing_in.TOKEN}"
        yield 200, site.ask(f"{link}/")
        yield 301, site.ask(link)
        yield 302, site.ask(f"{link}/x/")
        yield 403, site.ask(f"{link}/", "POST", "a=b")
    yield 404, site.ask(f"/elsewhere/{signing_in.TOKEN}/")


def failed_login(site):
    """Send the form of the login page, with a wrong password."""
    _status, headers, body = site.ask("/admin/login/")
    cookie = headers["Set-Cookie"].partition(";")[0]
    token = body.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    login = f"username=amina&password={MARK}&csrfmiddlewaretoken={token}&next=/admin/"
    own = {"Cookie": f"{cookie}; {MARK}={MARK}", "Referer": f"https://{production.HOST}/{MARK}/"}
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    return site.ask("/admin/login/", "POST", login, **PRIVATE | own | form)


def test_failed_sign_in_leaves_a_line_without_name_or_address(db, caplog, rf):
    amina, request = builders.make_user("Editors", username="amina"), rf.post("/", REMOTE_ADDR="9.9.9.9")
    for _try in range(PER_NAME_AND_ADDRESS + 1):
        assert authenticate(request, username="amina", password=MARK) is None
    for _try in range(PER_NAME_STRICT + 1):
        assert check_factor(request, amina, {"code": "123456"})
    kinds = ["password"] * PER_NAME_AND_ADDRESS + ["throttled"] + ["code"] * PER_NAME_STRICT + ["throttled"]
    lines = [record for record in caplog.records if record.name == "accounts.throttle"]
    assert [record.message for record in lines] == [f"A sign-in failed: {kind}." for kind in kinds]


def test_address_that_was_not_looked_for_is_not_logged(db, caplog):
    """It can be the address of a page that is erased or held, and that is the name of a person."""
    visitor = Client(enforce_csrf_checks=True)
    for path in (f"/stories/{MARK}/", "/admin/login/"):
        assert visitor.post(path).status_code == 403
    messages = [json.loads(JSONFormatter().format(record))["message"] for record in caplog.records]
    assert [message.partition(": ")[2] for message in messages] == ["...", "/admin/login/"]


def test_event_with_many_exceptions_is_short():
    """Anonymous requests can cause such events, so they would fill the disk."""

    def fail(depth, cause):
        if depth:
            fail(depth - 1, cause)
        raise ValueError from cause

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


@pytest.mark.django_db
def test_mail_that_fails_is_logged_without_subject(monkeypatch, caplog, django_capture_on_commit_callbacks):
    """Its subject has the title of a draft."""
    builders.make_user("Moderators", email=f"{MARK}@example.org")
    story = builders.make_story(f"{MARK} draft", live=False)

    def refuse(self, *args, **kwargs):
        raise OSError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        Workflow.objects.get().start(story, builders.make_user())
    events = [JSONFormatter().format(record) for record in caplog.records if record.name == "wagtail.admin"]
    assert [json.loads(event)["message"] for event in events] == ["Failed to send notification email"]
    assert MARK not in "".join(events)
