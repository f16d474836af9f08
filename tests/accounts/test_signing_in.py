"""The forms for signing in, changing and resetting a password limit attempts by name and network address.

They store neither.
"""

import datetime
import threading

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


def test_form_of_private_pages_says_which_field_is_empty(client):
    for name in ("", " "):  # browsers send a space, but no empty field
        page = client.post("/_util/login/", {"username": name, "password": PASSWORD}).text
        assert "Username: This field is required." in page
        assert "belong together" not in page


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
def test_both_login_pages_share_the_count(amina, login, other):
    for _ in range(5):
        attempt("amina", login=login)
    assert attempt("amina", PASSWORD, login=other).refused


def test_other_spellings_of_a_name_share_the_count(amina):
    full_width_letter = "\uff41mina"
    for spelling in ("AMINA", " amina ", full_width_letter, "aMINA", "amina"):
        attempt(spelling)
    assert attempt("amina", PASSWORD).refused


def test_right_password_works_after_the_cool_off(amina, noon):
    for _ in range(5):
        attempt("amina")
    noon.move_to(NOON + COOL_OFF - datetime.timedelta(seconds=1))
    assert attempt("amina", PASSWORD).refused, "an attempt during the cool-off does not prolong it"
    noon.move_to(NOON + COOL_OFF)
    assert attempt("amina", PASSWORD).signed_in


def test_success_clears_the_count(amina):
    for _ in range(4):
        attempt("amina")
    assert attempt("amina", PASSWORD).signed_in
    assert not any(attempt("amina").refused for _ in range(5))
    assert attempt("amina").refused


def test_old_password_is_no_easier_to_guess_on_the_account_page(amina, noon, client):
    def change_password(old):
        return client.post(ACCOUNT, signing_in.account_form(client, **signing_in.password_fields(old)))

    client.defaults["REMOTE_ADDR"] = "9.0.2.1"  # 127.0.0.1, the default, is internal and not counted
    client.force_login(amina)
    # The panel has one field of this name, so no attempt goes to a field that is not counted.
    assert len(builders.parse(client.get(ACCOUNT)).select("[name$=old_password]")) == 1
    for _ in range(3):
        response = change_password(signing_in.WRONG_PASSWORD)
        assert "entered incorrectly" in response.text
        assert TOO_MANY not in response.text
    for _ in range(2):
        assert not attempt("amina").refused
    assert TOO_MANY in change_password(PASSWORD).text
    assert attempt("amina", PASSWORD).refused
    noon.move_to(NOON + COOL_OFF)
    client.force_login(amina)  # the proof of the first sign-in has expired
    assert change_password(PASSWORD).status_code == 302
    assert signing_in.is_signed_in(client), "the session that changes the password goes on"
    assert attempt("amina", NEW_PASSWORD).signed_in


# --- By address ----------------------------------------------------------------------------------


def test_one_address_can_try_twenty_names(amina, noon):
    assert not any(attempt(f"name-{number}").refused for number in range(20))
    assert attempt("amina", PASSWORD).refused
    assert attempt("amina", PASSWORD, address="9.0.2.2").signed_in
    noon.move_to(NOON + COOL_OFF)
    assert attempt("amina", PASSWORD).signed_in


def test_successful_sign_ins_from_one_address_have_no_limit(amina):
    assert all(attempt("amina", PASSWORD).signed_in for _ in range(25))


def spoofed(number):
    """Return headers with which a visitor pretends to have another address."""
    claimed = f"9.51.100.{number}"
    names = ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"]
    return dict.fromkeys(names, claimed) | {"Forwarded": f"for={claimed}"}


def test_forged_headers_change_nothing(amina):
    for number in range(20):
        attempt(f"name-{number}", **spoofed(number))
    assert attempt("amina", PASSWORD, **spoofed(99)).refused


# --- What is stored ------------------------------------------------------------------------------


def test_neither_names_nor_addresses_are_stored(settings):
    attempt("somebody-in-danger", address="9.0.113.77")
    ask_reset("somebody-in-danger@example.org", address="9.0.113.77")
    # Each form has three counts: of the name, of the address, and of both together.
    assert LoginAttempt.objects.count() == 6
    text = all_stored_text()
    assert "somebody-in-danger" not in text
    assert "9.0.113" not in text
    settings.SECRET_KEY = "another key"
    attempt("somebody-in-danger", address="9.0.113.77")
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
    barrier, answers = threading.Barrier(12), []

    def run():
        barrier.wait()
        try:
            answers.append(attempt("amina"))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert sum(answer.refused for answer in answers) == 7


# --- Password reset ------------------------------------------------------------------------------


def test_reset_does_not_tell_whether_an_account_exists(amina):
    responses = [ask_reset(amina.email), ask_reset("nobody@example.org", "9.0.2.2")]
    for response in responses:
        assert (response.status_code, response["Location"]) == (302, "/admin/password_reset/done/")
    assert [message.to for message in mail.outbox] == [[amina.email]]


def test_reset_sends_at_most_five_mails_to_one_address(amina, noon):
    sent, answers = [], set()
    for number in range(7):
        response = ask_reset(amina.email.upper(), f"9.0.2.{number}")
        answers.add((response.status_code, response["Location"]))
        sent.append(len(mail.outbox))
    assert sent == [1, 2, 3, 4, 5, 5, 5]
    assert len(answers) == 1
    noon.move_to(NOON + COOL_OFF)
    ask_reset(amina.email)
    assert len(mail.outbox) == 6


def test_reset_is_limited_to_twenty_for_one_network_address(amina):
    for number in range(20):
        ask_reset(f"nobody-{number}@example.org")
    ask_reset(amina.email)
    assert not mail.outbox
    ask_reset(amina.email, "9.0.2.2")
    assert len(mail.outbox) == 1
