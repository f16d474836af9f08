"""When sessions end: after ten hours, when the user logs out or is deactivated, and when the password or
SECRET_KEY changes.
"""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.support import builders
from tests.support.signing_in import LOGIN, is_signed_in, signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

MORNING = datetime.datetime(2026, 5, 4, 8, tzinfo=datetime.UTC)
WORK_DAY = datetime.timedelta(hours=10)
SECOND = datetime.timedelta(seconds=1)
OLD_KEY = "old-key-of-the-tests-with-more-than-fifty-characters-0123456789"
NEW_KEY = "new-key-of-the-tests-with-more-than-fifty-characters-0123456789"


@pytest.fixture(autouse=True)
def morning(time_machine):
    time_machine.move_to(MORNING, tick=False)
    return time_machine


@pytest.fixture
def user():
    return builders.make_user("Moderators", username="amina")


# --- Time ----------------------------------------------------------------------------------------


# Wagtail's login view also reads the field `remember`, which the page here does not show.
@pytest.mark.parametrize("more", [{}, {"remember": "on"}])
def test_session_ends_after_a_work_day_even_if_it_is_used(user, morning, more):
    client, hour = signed_in(user, **more), WORK_DAY / 10
    for time, lasts in ((4 * hour, True), (8 * hour, True), (WORK_DAY - SECOND, True), (WORK_DAY, False)):
        morning.move_to(MORNING + time)
        assert is_signed_in(client) == lasts
        client.get("/admin/users/")  # refused with a message, for which the session is saved


def test_session_cookie_ends_with_the_browser_and_is_http_only(settings, user):
    cookie = signed_in(user, remember="on").cookies[settings.SESSION_COOKIE_NAME]
    expected = {"max-age": "", "expires": "", "httponly": True, "samesite": "Lax", "path": "/", "domain": ""}
    assert {name: cookie[name] for name in expected} == expected


def test_signing_in_changes_the_key_of_the_session(settings, user):
    client = Client()
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
    settings.SECRET_KEY = OLD_KEY
    active, idle, without_fallback = signed_in(user), signed_in(user), signed_in(user)
    settings.SECRET_KEY = NEW_KEY
    assert not is_signed_in(without_fallback)
    settings.SECRET_KEY_FALLBACKS = [OLD_KEY]
    assert is_signed_in(active)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_signed_in(active), "the request above signed the session with the new key"
    assert not is_signed_in(idle)
