"""A session cookie that this site did not make is treated as no cookie: no session is looked up."""

import pytest
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from accounts.sessions import CHECK_PATH, SessionStore
from caching.session_keys import MAC_LENGTH, RANDOM_LENGTH, has_genuine_session, is_genuine, make_session_key
from tests.support import builders
from tests.support.wsgi import SiteClient

pytestmark = pytest.mark.sqlite_only

LENGTH = RANDOM_LENGTH + MAC_LENGTH
# {what is wrong with it: session key}
MADE_UP = {
    "empty": "",
    "no MAC": get_random_string(32, VALID_KEY_CHARS),  # as Django's own session keys are
    "wrong MAC": get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS) + "0123456789abcdef",
    "not ASCII": "é" * LENGTH,
    "too long": "a" * 5000,
}


def changed(session_key, position):
    """Return `session_key` with another character at `position`."""
    other = "1" if session_key[position] == "0" else "0"
    return session_key[:position] + other + session_key[position + 1 :]


# --- Keys ----------------------------------------------------------------------------------------


def test_key_is_genuine_until_a_character_changes():
    key = make_session_key()
    assert len(key) == Session._meta.get_field("session_key").max_length
    assert is_genuine(key) and make_session_key() != key
    wrong = [*MADE_UP.values(), *(changed(key, n) for n in range(LENGTH))]
    assert [each for each in wrong if is_genuine(each) or SessionStore(each).session_key] == []


@pytest.mark.parametrize(
    ("expected", "header"),
    [
        *((True, header) for header in ("NAME=KEY", "a=b; NAME=KEY; c=d", "NAME=WRONG; NAME=KEY")),
        (True, "NAME=KEY\xc2\xa0"),  # the bytes of a no-break space, as WSGI decodes them
        *(
            (False, header)
            for header in ("", "xNAME=KEY", "a=NAME=KEY", "NAME=WRONG", "NAME=KEY; NAME=WRONG")
        ),
        (False, "NAME"),
    ],
)
def test_cookie_header_is_read_as_django_reads_it(rf, settings, header, expected):
    name, key = settings.SESSION_COOKIE_NAME, make_session_key()
    header = header.replace("NAME", name).replace("KEY", key).replace("WRONG", MADE_UP["wrong MAC"])
    assert has_genuine_session(header) is expected
    assert is_genuine(rf.get("/", HTTP_COOKIE=header).COOKIES.get(name, "")) is expected


@pytest.mark.django_db
def test_store_makes_genuine_keys_only():
    session = SessionStore()
    session["a"] = "b"
    session.save()
    first = session.session_key
    session.cycle_key()
    assert is_genuine(first) and is_genuine(session.session_key) and first != session.session_key
    assert SessionStore(session.session_key)["a"] == "b"
    assert Session.objects.get().pk == session.session_key
    session.flush()
    assert (session.session_key, Session.objects.count()) == (None, 0)


# --- Requests ------------------------------------------------------------------------------------


def ask(client, address, cookie=None):
    """Return (status, headers, body, SQL of the queries) of the response. `cookie`: the Cookie header."""
    headers = {"accept-encoding": "gzip"} | ({"cookie": cookie} if cookie else {})
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers=headers)
    # Expires has the current time.
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return response.status_code, headers, response.content, [query["sql"] for query in queries]


@pytest.mark.django_db
@pytest.mark.parametrize("key", MADE_UP.values(), ids=MADE_UP)
def test_made_up_cookie_changes_nothing(settings, key):
    story = builders.make_story("Long road")
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
    for address in ("/", story.url, "/stories/", "/sitemap.xml", "/search/suggestions/?q=lo", "/admin/"):
        client = SiteClient()
        first = ask(client, address, cookie)
        again, without = ask(client, address, cookie), ask(client, address)
        assert first[:3] == without[:3], address
        assert "Set-Cookie" not in first[1]
        assert again == without, "what is cached is used"
        assert not any("django_session" in sql for sql in first[3] + again[3])


def test_front_server_can_ask_whether_a_cookie_is_genuine(client, settings):
    """It takes no query, which would fail here without the mark django_db."""
    for key, status in {make_session_key(): 204, **dict.fromkeys(MADE_UP.values(), 403)}.items():
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        response = client.get(CHECK_PATH)
        assert (response.status_code, response["Cache-Control"]) == (status, "no-store")


@pytest.mark.django_db
def test_signed_in_user_is_not_answered_from_the_cache():
    client = SiteClient()
    story = builders.make_story("Long road")
    client.get(story.url)
    client.force_login(builders.make_user("Moderators"))
    assert b"userbar" in client.get(story.url).content
