"""Links to choose a password: their token is in no log and no address bar, and expires."""

import datetime
import json
import logging
import re
import time
from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.invitations import tokens
from operations.logs import JSONFormatter
from tests.accounts.test_invitations import PASSWORD
from tests.operations.test_front_server import front, nginx_path, site  # noqa: F401 - fixtures
from tests.site_project.test_site import admin_patterns
from tests.support import builders
from tests.support.production import database_of_the_test, running_site

TOKEN = "dam7x2-0123456789abcdef0123456789abcdef"
# Arguments of routes that are not secret. A route with another argument fails the test, as it may be a token.
HARMLESS = re.compile(
    r"(\w+_)?(id|id_[ab]|pk|to)|(app|model|action|content_type_\w+)_?(label|name)|index_path|kind|lang|mode|name|slug|term_type"
    r"|action|filename|filter_spec"
)
LINKS = {
    "/admin/invitation/MQ/": "/admin/invitation/...",
    "/admin/password_reset/confirm/MQ/": "/admin/password_reset/confirm/...",
    "/ADMIN/Invitation/MQ/": "/ADMIN/Invitation/...",
    "/fr/admin/invitation/MQ/": "/fr/admin/invitation/...",
    "/admin/%69nvitation/MQ/": "/admin/invitation/...",
    "/admin/invitation/MQ/invitation/": "/admin/invitation/...",
    "/admin/invitation/M%20Q/": "/admin/invitation/...",
    "/admin/invitation%252FMQ%252F": "/admin/invitation...",
    "/admin/invitation%5CMQ%5C": "/admin/invitation...",
    "/admin/invitation%E2%80%8B/MQ/": "/admin/invitation...",
    "/admin/password_reset/confirm%0A/MQ/": "/admin/password_reset/confirm...",
    "/admin/password_reset/confirm%20/MQ/": "/admin/password_reset/confirm...",
    "/elsewhere/": "/elsewhere/...",
}
SEARCHES = {
    "/search/%3Fq=help%20me%20WORD": "/search/",
    "/search/;q=help%20me": "/search/",
    "/search/%3Bq=WORD": "/search/",
    "/search/%3Fq=/invitation/WORD": "/search/",
}


def routes_with_a_token():
    """Yield the pattern of each route of the site with an argument that is not known to be harmless."""
    for route, pattern in admin_patterns(get_resolver().url_patterns, prefix=""):
        arguments = set(pattern.pattern.regex.groupindex)
        if any(not HARMLESS.fullmatch(name) for name in arguments):
            yield route


def logged_by_the_site(path):
    request = RequestFactory().get("/")
    request.path = path
    messages = []
    for name, message in (("django.request", "Not Found: %s"), ("django.security.csrf", "Forbidden: %s")):
        record = logging.LogRecord(name, logging.WARNING, "", 0, message, (path,), None)
        record.request = request
        messages.append(json.loads(JSONFormatter().format(record))["message"])
    return messages


def logged_by_nginx(front, *paths):  # noqa: F811
    for path in paths:
        front.ask(path)
    end = time.monotonic() + 30
    while (log := (front.folder / "access.log").read_text()).count("\n") < len(paths):
        assert time.monotonic() < end
    return [line.split()[2] for line in log.splitlines()]


def test_routes_with_a_token_are_known():
    assert set(routes_with_a_token()) == {
        "admin/invitation/<uidb64>/<token>/",
        "admin/password_reset/confirm/<uidb64>/<token>/",
    }


def test_every_route_with_a_token_is_logged_without_it(front):  # noqa: F811
    paths = ["/" + re.sub("<[^>]*>", TOKEN, route) for route in routes_with_a_token()]
    logged = logged_by_nginx(front, *paths) + [text for path in paths for text in logged_by_the_site(path)]
    assert len(logged) == 6
    assert [text for text in logged if TOKEN in text] == []


def test_front_server_logs_only_the_route(front):  # noqa: F811
    paths = [link + TOKEN for link in LINKS] + [f"/admin//password_reset//confirm//MQ/{TOKEN}"]
    expected = [*LINKS.values(), "/admin/password_reset/confirm/..."]
    assert logged_by_nginx(front, *paths) == expected


def test_front_server_logs_other_paths_as_they_are(front):  # noqa: F811
    paths = ["/stories/long-road/", "/admin/password_reset/", "/admin/single-sign-on/done/?code=x&state=y"]
    assert logged_by_nginx(front, *paths) == [path.partition("?")[0] for path in paths]


def test_neither_log_has_encoded_search_words(front):  # noqa: F811
    assert logged_by_nginx(front, *SEARCHES) == list(SEARCHES.values())
    for path, expected in SEARCHES.items():
        assert {message.partition(": ")[2] for message in logged_by_the_site(unquote(path))} == {expected}


@pytest.mark.parametrize("path", [*LINKS, "/x/invitation/\nMQ/", "/password_reset//confirm/"])
def test_site_logs_only_the_route(path):
    for token in (TOKEN, tokens.make_token(get_user_model()(pk=1))):
        for message in logged_by_the_site(unquote(path) + token):
            assert token not in message
            assert message.endswith("...")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_running_site_logs_no_token(tmp_path):
    builders.make_user("Editors", username="amina")
    paths = [f"{link}{TOKEN}{end}" for link in LINKS for end in ("/", "", "/x")]
    variables = {"LOG_LEVEL": "DEBUG", "EMAIL_URL": "smtp://127.0.0.1:9"}
    with running_site(tmp_path, database_of_the_test(), workers=1, **variables) as running:
        statuses = {running.ask(path)[0] for path in paths}
        statuses |= {running.ask(path, "POST", "a=b")[0] for path in paths}
    assert statuses >= {200, 403, 404}
    assert "/invitation/..." in running.output()
    assert TOKEN not in running.output()


# --- Opening a link ------------------------------------------------------------------------------


def link_of(user, kind):
    key = urlsafe_base64_encode(force_bytes(user.pk))
    if kind == "reset":
        return f"/admin/password_reset/confirm/{key}/{default_token_generator.make_token(user)}/"
    user.set_unusable_password()
    user.save()
    return f"/admin/invitation/{key}/{tokens.make_token(user)}/"


def choose(client, page):
    data = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    return client.post(page.request["PATH_INFO"], data).status_code == 302


@pytest.fixture(params=["reset", "invitation"])
def kind(request):
    return request.param


@pytest.mark.django_db
def test_token_is_removed_from_the_address_bar_and_sent_to_no_site(kind):
    link = link_of(builders.make_user("Editors"), kind)
    client = Client()
    response = client.get(link)
    assert response.status_code == 302
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    page = client.get(response["Location"])
    assert page.request["PATH_INFO"].endswith("/set-password/")
    token = link.split("/")[-2]
    assert token not in page.text + str(page.headers) + response["Location"]


@pytest.mark.django_db
def test_link_works_after_a_mail_scanner_until_a_password_is_chosen(kind):
    link = link_of(builders.make_user("Editors"), kind)
    scanner, owner, thief = Client(), Client(), Client()
    scanned = scanner.get(link, follow=True)
    opened_by_thief = thief.get(link, follow=True)
    assert choose(owner, owner.get(link, follow=True))
    assert not choose(scanner, scanned)
    assert not choose(thief, opened_by_thief)
    assert not Client().get(link).has_header("Location")


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "works"), [(0, True), (1, False)])
def test_link_expires(kind, time_machine, seconds, works):
    start = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
    time_machine.move_to(start, tick=False)
    link = link_of(builders.make_user("Editors"), kind)
    client = Client()
    opened = client.get(link, follow=True)
    lifetime = datetime.timedelta(hours=1) if kind == "reset" else datetime.timedelta(days=3)
    time_machine.move_to(start + lifetime + datetime.timedelta(seconds=seconds))
    assert Client().get(link).has_header("Location") == works
    if kind == "reset":
        assert choose(client, opened) == works


@pytest.mark.django_db
def test_link_expires_if_the_email_address_changes(kind):
    user = builders.make_user("Editors")
    link = link_of(user, kind)
    user.email = "other@example.org"
    user.save()
    assert not Client().get(link).has_header("Location")
