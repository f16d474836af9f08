"""The forms for signing in, changing and resetting a password limit attempts by name and network address.

They store neither.
"""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from accounts.models import LoginAttempt
from tests.support import builders, signing_in
from tests.support.builders import PASSWORD
from tests.support.signing_in import ACCOUNT, COOL_OFF, NEW_PASSWORD, NOON, TOO_MANY, ask_reset, attempt
from tests.support.stored_text import all_stored_text

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("noon")]

# The login of the admin, and that of private pages.
LOGINS = ["/admin/login/", "/_util/login/"]


# --- By name -------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", LOGINS)
def test_responses_are_the_same_for_an_unknown_name(amina, login):
    builders.make_user("Editors", username="idle", is_active=False)
    for _ in range(6):
        known = attempt("amina", login=login, address="9.0.2.1")
        assert known == attempt("nobody", login=login, address="9.0.2.2")
        assert known == attempt("idle", PASSWORD, login=login, address="9.0.2.3")
    assert known.refused


@pytest.mark.parametrize(("login", "other"), [LOGINS, LOGINS[::-1]])
def test_right_password_works_after_the_cool_off(amina, noon, login, other):
    full_width_letter = "\uff41mina"
    for spelling in ("AMINA", " amina ", full_width_letter, "aMINA", "amina"):
        attempt(spelling, login=login)
    noon.move_to(NOON + COOL_OFF - datetime.timedelta(seconds=1))
    assert attempt("amina", PASSWORD, login=other).refused, "this attempt does not prolong the cool-off"
    noon.move_to(NOON + COOL_OFF)
    assert attempt("amina", PASSWORD, login=other).signed_in


def test_success_clears_the_count(amina):
    for _ in range(4):
        attempt("amina")
    assert attempt("amina", PASSWORD).signed_in
    assert not any(attempt("amina").refused for _ in range(5))
    assert attempt("amina").refused


def test_old_password_is_no_easier_to_guess_on_the_account_page(amina, noon, client):
    def change_password(old):
        form = signing_in.account_form(client, **signing_in.password_fields(old))
        # The panel has one field of this name, so no attempt goes to a field that is not counted.
        assert len([name for name in form if name.endswith("old_password")]) == 1
        return client.post(ACCOUNT, form)

    client.defaults["REMOTE_ADDR"] = "9.0.2.1"  # 127.0.0.1, the default, is internal and not counted
    client.force_login(amina)
    for _ in range(3):
        response = change_password(signing_in.WRONG_PASSWORD).text
        assert "entered incorrectly" in response and TOO_MANY not in response
    for _ in range(2):
        assert not attempt("amina").refused
    assert TOO_MANY in change_password(PASSWORD).text
    assert attempt("amina", PASSWORD).refused
    noon.move_to(NOON + COOL_OFF)
    client.force_login(amina)  # the proof of the first sign-in has expired
    change_password(PASSWORD)
    assert signing_in.is_signed_in(client), "the session that changes the password goes on"
    assert attempt("amina", NEW_PASSWORD).signed_in


# --- By address ----------------------------------------------------------------------------------


def spoofed(number):
    """Return headers with which a visitor pretends to have another address."""
    claimed = f"9.51.100.{number}"
    names = ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"]
    return dict.fromkeys(names, claimed) | {"Forwarded": f"for={claimed}"}


def test_one_address_can_try_twenty_names_whatever_headers_it_forges(amina, noon):
    assert all(attempt("amina", PASSWORD).signed_in for _ in range(25)), "successful ones have no limit"
    assert not any(attempt(f"name-{number}", **spoofed(number)).refused for number in range(20))
    assert attempt("amina", PASSWORD, **spoofed(99)).refused
    assert attempt("amina", PASSWORD, address="9.0.2.2").signed_in
    noon.move_to(NOON + COOL_OFF)
    assert attempt("amina", PASSWORD).signed_in


# --- What is stored ------------------------------------------------------------------------------


def test_neither_names_nor_addresses_are_stored(settings):
    name, address = "somebody-in-danger", "9.0.113.77"
    attempt(name, address=address)
    ask_reset(f"{name}@example.org", address)
    # Each form has three counts: of the name, of the address, and of both together.
    assert LoginAttempt.objects.count() == 6
    text = all_stored_text()
    assert name not in text and address[:7] not in text
    settings.SECRET_KEY = "another key"
    attempt(name, address=address)
    assert LoginAttempt.objects.count() == 9, "the hashes depend on the key"


def test_expired_counts_are_deleted(settings, tmp_path, noon):
    settings.DATA_DIR = tmp_path
    attempt("old")
    later = NOON + datetime.timedelta(minutes=1)
    noon.move_to(later)
    attempt("new", address="9.0.2.2")
    noon.move_to(NOON + COOL_OFF)
    call_command("run_due_work")
    # The three counts of the later attempt.
    assert [row.last for row in LoginAttempt.objects.all()] == [later] * 3


# --- Simultaneous attempts -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_simultaneous_attempts_only_five_are_checked(amina):
    barrier = threading.Barrier(12)

    def run(_number):
        barrier.wait()
        try:
            return attempt("amina").refused
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(run, range(12))) == 7


# --- Password reset ------------------------------------------------------------------------------


def test_reset_does_not_tell_whether_an_account_exists(amina):
    responses = [ask_reset(amina.email), ask_reset("nobody@example.org", "9.0.2.2")]
    for response in responses:
        assert (response.status_code, response["Location"]) == (302, "/admin/password_reset/done/")
    assert [message.to for message in mail.outbox] == [[amina.email]]


def test_reset_sends_at_most_five_mails_to_one_address(amina, noon):
    answers = [(ask_reset(amina.email.upper(), f"9.0.2.{n}")["Location"], len(mail.outbox)) for n in range(7)]
    assert answers == [("/admin/password_reset/done/", number) for number in (1, 2, 3, 4, 5, 5, 5)]
    noon.move_to(NOON + COOL_OFF)
    ask_reset(amina.email)
    assert len(mail.outbox) == 6


def test_reset_is_limited_to_twenty_for_one_network_address(amina):
    for number in range(20):
        ask_reset(f"nobody-{number}@example.org")
    for address, mails in (("9.0.2.1", 0), ("9.0.2.2", 1)):
        ask_reset(amina.email, address)
        assert len(mail.outbox) == mails
