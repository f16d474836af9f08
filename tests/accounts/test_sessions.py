"""When sessions end, and the keys in their cookies.

They end after ten hours, when the user logs out or is deactivated, and when the password (see
tests/accounts/test_account_changes.py) or SECRET_KEY changes.
"""

import datetime

import pytest
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.crypto import get_random_string

from accounts.sessions import CHECK_PATH, SessionStore
from caching.session_keys import MAC_LENGTH, RANDOM_LENGTH, has_genuine_session, is_genuine, make_session_key
from tests.support import builders
from tests.support.signing_in import LOGIN, NOON, is_signed_in, signed_in
from tests.support.wsgi import SiteClient

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.fixture
def user(noon):
    return builders.make_user("Moderators", username="amina")


# --- Time ----------------------------------------------------------------------------------------


# Wagtail's login view also reads the field `remember`, which the page here does not show.
@pytest.mark.parametrize("more", [{}, {"remember": "on"}])
def test_session_ends_after_a_work_day_even_if_it_is_used(user, noon, more):
    client = signed_in(user, **more)
    for minutes, lasts in ((240, True), (480, True), (599.9, True), (600, False)):
        noon.move_to(NOON + datetime.timedelta(minutes=minutes))
        assert is_signed_in(client) == lasts
        client.get("/admin/users/")  # refused with a message, for which the session is saved


def test_session_cookie_ends_with_the_browser_and_is_http_only(settings, user):
    cookie = signed_in(user, remember="on").cookies[settings.SESSION_COOKIE_NAME]
    expected = {"max-age": "", "expires": "", "httponly": True, "samesite": "Lax", "path": "/", "domain": ""}
    assert {name: cookie[name] for name in expected} == expected


def test_signing_in_changes_the_key_of_the_session(settings, user, client):
    session = client.session  # sets its cookie
    session["before"] = "signing in"
    session.save()
    client.post(LOGIN, {"username": user.username, "password": builders.PASSWORD})
    assert is_signed_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key
    assert not Session.objects.filter(session_key=session.session_key).exists()


# --- Logging out and changes to the account ------------------------------------------------------


def test_cookie_is_invalid_after_logging_out(user):
    client, thief = signed_in(user), Client()
    thief.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    assert is_signed_in(thief)
    client.post("/admin/logout/")
    assert not is_signed_in(client) and not is_signed_in(thief)


def deactivate_in_shell(user):
    builders.save_with(user, is_active=False)


def deactivate_in_list_of_users(user):
    client = builders.client_of(builders.make_user(is_superuser=True))
    client.post(f"/admin/bulk/auth/user/set_active_state/?id={user.pk}", {"mark_as_active": "False"})


@pytest.mark.parametrize("deactivate", [deactivate_in_shell, deactivate_in_list_of_users])
def test_deactivating_a_user_ends_the_session_at_once_and_for_good(user, deactivate):
    client, colleague = signed_in(user), signed_in(builders.make_user("Editors"))
    deactivate(user)
    assert not is_signed_in(client)
    builders.save_with(user, is_active=True)
    assert (is_signed_in(client), is_signed_in(colleague)) == (False, True)


# --- Secret keys ---------------------------------------------------------------------------------


def test_sessions_stay_valid_while_the_old_key_is_a_fallback(settings, user):
    old, new = "old-key-of-the-tests" * 3, settings.SECRET_KEY
    settings.SECRET_KEY = old
    active, idle, without_fallback = signed_in(user), signed_in(user), signed_in(user)
    settings.SECRET_KEY = new
    assert not is_signed_in(without_fallback)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert is_signed_in(active)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_signed_in(active), "the request above signed the session with the new key"
    assert not is_signed_in(idle)


# --- Keys: a cookie that this site did not make is treated as no cookie ---------------------------


LENGTH = RANDOM_LENGTH + MAC_LENGTH
# {what is wrong with it: session key}
MADE_UP = {
    "empty": "",
    "no MAC": get_random_string(32, VALID_KEY_CHARS),  # as Django's own session keys are
    "wrong MAC": get_random_string(RANDOM_LENGTH, VALID_KEY_CHARS) + "0123456789abcdef",
    "not ASCII": "é" * LENGTH,
    "too long": "a" * 5000,
}


def test_key_is_genuine_until_a_character_changes():
    key = make_session_key()
    assert len(key) == Session._meta.get_field("session_key").max_length
    assert is_genuine(key) and make_session_key() != key
    changed = [key[:n] + ("1" if key[n] == "0" else "0") + key[n + 1 :] for n in range(LENGTH)]
    assert [
        each for each in [*MADE_UP.values(), *changed] if is_genuine(each) or SessionStore(each).session_key
    ] == []


@pytest.mark.parametrize(
    ("expected", "header"),
    [
        *((True, header) for header in ("NAME=KEY", "a=b; NAME=KEY; c=d", "NAME=WRONG; NAME=KEY")),
        (True, "NAME=KEY\xc2\xa0"),  # the bytes of a no-break space, as WSGI decodes them
        *((False, header) for header in ("", "NAME", "xNAME=KEY", "a=NAME=KEY", "NAME=WRONG")),
        (False, "NAME=KEY; NAME=WRONG"),
    ],
)
def test_cookie_header_is_read_as_django_reads_it(rf, settings, header, expected):
    name, key = settings.SESSION_COOKIE_NAME, make_session_key()
    header = header.replace("NAME", name).replace("KEY", key).replace("WRONG", MADE_UP["wrong MAC"])
    assert has_genuine_session(header) is expected
    assert is_genuine(rf.get("/", HTTP_COOKIE=header).COOKIES.get(name, "")) is expected


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
    """Return (status, headers, body) of the response, and the SQL of the queries. `cookie`: the header."""
    headers = {"accept-encoding": "gzip"} | ({"cookie": cookie} if cookie else {})
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers=headers)
    # Expires has the current time.
    headers = {name: value for name, value in response.items() if name != "Expires"}
    return (response.status_code, headers, response.content), [query["sql"] for query in queries]


@pytest.mark.parametrize("key", MADE_UP.values(), ids=MADE_UP)
def test_made_up_cookie_changes_nothing(settings, key):
    story = builders.make_story("Long road")
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
    for address in ("/", story.url, "/stories/", "/sitemap.xml", "/search/suggestions/?q=lo", "/admin/"):
        client = SiteClient()
        first, again, without = (ask(client, address, each) for each in (cookie, cookie, None))
        assert first[0] == without[0] and "Set-Cookie" not in first[0][1], address
        assert again == without, "what is cached is used"
        assert not any("django_session" in sql for sql in first[1] + again[1])


def test_front_server_can_ask_whether_a_cookie_is_genuine(client, settings, django_assert_num_queries):
    for key, status in {make_session_key(): 204, **dict.fromkeys(MADE_UP.values(), 403)}.items():
        client.cookies[settings.SESSION_COOKIE_NAME] = key
        with django_assert_num_queries(0):
            response = client.get(CHECK_PATH)
        assert (response.status_code, response["Cache-Control"]) == (status, "no-store")
