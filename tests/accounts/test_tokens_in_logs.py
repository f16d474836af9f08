"""Links to choose a password: their token is in no log and no address bar, and expires.

tests/operations/test_logs.py looks for tokens in the log of a running site.
"""

import datetime
import json
import logging
import re
import secrets
import time
from urllib.parse import unquote

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.test import Client, RequestFactory
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.invitations import tokens
from operations.logs import JSONFormatter
from tests.support.builders import save_with
from tests.support.routes import all_routes
from tests.support.signing_in import NOON, TOKEN, choose_password

pytestmark = pytest.mark.sqlite_only

# Arguments of routes that are not secret. A route with another argument fails the test: that may be a token.
HARMLESS = re.compile(
    r"(\w+_)?(id|id_[ab]|pk)|(app|model|action|content_type_\w+)_(label|name)"
    r"|action|filter_spec|index_path|key|name|part|slug|term_type"
)
# {what the logs have: what a visitor may ask for in place of a link, without the token}.
LINKS = {
    "/admin/invitation/...": """
        /admin/invitation/MQ/ /admin/invitation/M%20Q/ /admin/%69nvitation/MQ/ /admin/invitation/M/invitation/
    """,
    "/admin/invitation...": """
        /admin/invitation%252FMQ%252F /admin/invitation%5CMQ%5C /admin/invitation%E2%80%8B/MQ/
    """,
    "/ADMIN/Invitation/...": "/ADMIN/Invitation/MQ/",
    "/fr/admin/invitation/...": "/fr/admin/invitation/MQ/",
    "/admin/password_reset/confirm/...": "/admin/password_reset/confirm/MQ/",
    "/admin/password_reset/confirm...": """
        /admin/password_reset/confirm%0A/MQ/ /admin/password_reset/confirm%20/MQ/
    """,
    **{"/reading/...": "/reading/", "/fr/Reading/...": "/fr/Reading/", "/reading...": "/reading%5C"},
    "/elsewhere/...": "/elsewhere/",
}
# {what the logs have: paths}. Of links that are encoded twice, the logs have nothing from the first "%" on:
# %252E is the "." in the token of an invitation, %252D the "-" in that of a reset. The others have search
# words outside of the query string.
TWICE = {"invitation%252FMQ%252Fdam7x2%252E": 3, "password%255Freset%252Fconfirm%252FMQ%252Fdam7x2%252D": 2}
ENCODED = {"/x": [f"/x%252Fadmin%252F{start}{'0123456789abcdef' * n}" for start, n in TWICE.items()]}
SEARCHES = ["%3Fq=help%20me%20WORD", ";q=help%20me", "%3Bq=WORD", "%3Fq=/invitation/WORD"]
ENCODED["/search/"] = [f"/search/{words}" for words in SEARCHES]


def routes_with_a_token():
    """Yield the pattern of each route of the site with an argument that is not known to be harmless."""
    for _name, pattern, url_pattern in all_routes():
        if not all(map(HARMLESS.fullmatch, url_pattern.pattern.regex.groupindex)):
            yield pattern


def logged_by_the_site(path):
    """Return the messages of the two loggers of Django that log a path, for a request for `path`."""
    request = RequestFactory().get("/")
    request.path = path
    messages = []
    for name, message in (("django.request", "Not Found: %s"), ("django.security.csrf", "Forbidden: %s")):
        record = logging.LogRecord(name, logging.WARNING, "", 0, message, (path,), None)
        record.request = request
        messages.append(json.loads(JSONFormatter().format(record))["message"])
    return messages


def logged_by_nginx(front, *paths):
    """Ask nginx for `paths`, wait until its log has them, and return the paths in the log."""
    for path in paths:
        front.ask(path)
    end = time.monotonic() + 30
    while (log := (front.folder / "access.log").read_text()).count("\n") < len(paths):
        assert time.monotonic() < end
    return [json.loads(line)["path"] for line in log.splitlines()]


def test_every_route_with_a_token_is_known_and_logged_without_it(front):
    routes = {*routes_with_a_token()}
    links = {"admin/invitation/<uidb64>/<token>/", "admin/password_reset/confirm/<uidb64>/<token>/"}
    assert routes == links | {"reading/<str:token>/"}
    paths = ["/" + re.sub("<[^>]*>", TOKEN, route) for route in routes]
    logged = logged_by_nginx(front, *paths) + [text for path in paths for text in logged_by_the_site(path)]
    assert len(logged) == 9, "for each of three routes, nginx logs one line and the site two"
    assert [text for text in logged if TOKEN in text] == []


def test_front_server_logs_only_the_route_of_a_link(front):
    paths = {f"{link}{TOKEN}": logged for logged, links in LINKS.items() for link in links.split()}
    paths[f"/admin//password_reset//confirm//MQ/{TOKEN}"] = "/admin/password_reset/confirm/..."
    # The front server has quicker rules for paths that look like those of pages.
    paths["/admin/invitation/mq/"] = "/admin/invitation/..."
    paths[f"/elsewhere/{TOKEN.lower()}/"] = "/elsewhere/..."
    for path in ("/stories/long-road/", "/admin/password_reset/", "/admin/single-sign-on/done/"):
        paths[f"{path}?code=x&state=y"] = path
    assert logged_by_nginx(front, *paths) == list(paths.values())


@pytest.mark.parametrize(("logged", "paths"), ENCODED.items())
def test_neither_log_has_encoded_search_words_and_links_that_are_encoded_twice(front, logged, paths):
    assert set(logged_by_nginx(front, *paths)) == {logged}
    for path in paths:
        assert {message.partition(": ")[2] for message in logged_by_the_site(unquote(path))} == {logged}


@pytest.mark.parametrize(
    "path", [*" ".join(LINKS.values()).split(), "/x/invitation/\nMQ/", "/password_reset//confirm/"]
)
def test_site_logs_only_the_route(path):
    # The token of a reading has no form of its own.
    others = [secrets.token_urlsafe(32)] if "reading" in path.lower() else []
    for token in (TOKEN, tokens.make_token(get_user_model()(pk=1)), *others):
        for message in logged_by_the_site(unquote(path) + token):
            assert token not in message
            assert message.endswith("...")


# --- Opening a link ------------------------------------------------------------------------------


@pytest.fixture(params=["reset", "invitation"])
def kind(request):
    return request.param


@pytest.fixture
def link(noon, amina, kind):
    """A valid link of `kind`: to "reset" a password, or the "invitation" to choose the first one."""
    key = urlsafe_base64_encode(force_bytes(amina.pk))
    if kind == "reset":
        return f"/admin/password_reset/confirm/{key}/{default_token_generator.make_token(amina)}/"
    amina.set_unusable_password()
    amina.save()
    return f"/admin/invitation/{key}/{tokens.make_token(amina)}/"


def choose(client, page):
    """Choose a password in the form of `page`; return whether it was accepted."""
    return choose_password(client, page).status_code == 302


def works(link):
    """Return whether `link` leads to the form, instead of to a page that says that it works no longer."""
    return Client().get(link).has_header("Location")


@pytest.mark.django_db
def test_token_is_removed_from_the_address_bar_and_sent_to_no_site(client, link):
    response = client.get(link)
    assert (response.status_code, response["Referrer-Policy"]) == (302, "no-referrer")
    assert "no-store" in response["Cache-Control"]
    page = client.get(response["Location"])
    assert page.request["PATH_INFO"].endswith("/set-password/")
    assert link.split("/")[-2] not in page.text + str(page.headers) + response["Location"]


@pytest.mark.django_db
def test_link_works_after_a_mail_scanner_until_a_password_is_chosen(link):
    owner, scanner, thief = ((each, each.get(link, follow=True)) for each in (Client(), Client(), Client()))
    assert [choose(*each) for each in (owner, scanner, thief)] == [True, False, False]
    assert not works(link)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_valid"), [(0, True), (1, False)])
def test_link_expires(client, link, kind, noon, seconds, is_valid):
    opened = client.get(link, follow=True)
    lifetime = datetime.timedelta(hours=1) if kind == "reset" else datetime.timedelta(days=3)
    noon.move_to(NOON + lifetime + datetime.timedelta(seconds=seconds))
    assert works(link) == is_valid
    if kind == "reset":  # a session ends before an invitation does
        assert choose(client, opened) == is_valid


@pytest.mark.django_db
def test_link_expires_if_the_email_address_changes(amina, link):
    save_with(amina, email="other@example.org")
    assert not works(link)
