"""Every form that takes a password limits the attempts by name and by address, and stores neither."""

import datetime
import re
import threading

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import LoginAttempt
from tests.support import builders
from tests.support.stored_text import all_stored_text

pytestmark = pytest.mark.django_db

LOGINS = ["/admin/login/", "/_util/login/"]
RESET = "/admin/password_reset/"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
COOL_OFF = datetime.timedelta(minutes=15)
WRONG = "wrong-lantern-road-41"
TOO_MANY = "There were too many tries."


@pytest.fixture(autouse=True)
def noon(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def amina():
    return builders.make_user("Editors", username="Amina")


def sign_in(name, password=WRONG, login="/admin/login/", address="192.0.2.1", **headers):
    """Return (status, page) of an attempt in a new browser, without parts that differ in each response."""
    response = Client(REMOTE_ADDR=address).post(
        login, {"username": name, "password": password}, headers=headers
    )
    page = re.sub(
        r'(csrfmiddlewaretoken" value|nonce|"CSRF_TOKEN"|csrf_token)[=:] ?"[^"]+"', "", response.text
    )
    return response.status_code, page.replace(f'value="{name}"', "")


def is_refused(answer):
    return TOO_MANY in answer[1]


def is_signed_in(answer):
    return answer[0] == 302


# --- By name -------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", LOGINS)
def test_sixth_attempt_for_a_name_is_refused_with_any_password(amina, login):
    wrong = [sign_in("Amina", login=login) for _ in range(5)]
    assert {(status, TOO_MANY in page) for status, page in wrong} == {(200, False)}
    sixth = sign_in("Amina", login=login)
    right = sign_in("Amina", builders.PASSWORD, login=login)
    assert is_refused(sixth)
    assert sixth == right


@pytest.mark.parametrize("login", LOGINS)
def test_responses_are_the_same_for_an_unknown_name(amina, login):
    builders.make_user("Editors", username="Idle", is_active=False)
    for _ in range(6):
        known = sign_in("Amina", login=login, address="192.0.2.1")
        assert known == sign_in("Nobody", login=login, address="192.0.2.2")
        assert known == sign_in("Idle", builders.PASSWORD, login=login, address="192.0.2.3")
    assert is_refused(known)


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("other", LOGINS)
def test_both_login_pages_share_the_count(amina, login, other):
    for _ in range(5):
        sign_in("Amina", login=login)
    assert is_refused(sign_in("Amina", builders.PASSWORD, login=other))


def test_other_spellings_of_a_name_share_the_count(amina):
    for spelling in ("AMINA", " amina ", "\uff21mina", "aMINA", "Amina"):  # the third: a wide A
        sign_in(spelling)
    assert is_refused(sign_in("Amina", builders.PASSWORD))


def test_right_password_works_after_the_cool_off(amina, noon):
    for _ in range(5):
        sign_in("Amina")
    noon.move_to(NOON + COOL_OFF - datetime.timedelta(seconds=1))
    assert is_refused(sign_in("Amina", builders.PASSWORD)), "and to try meanwhile makes it no longer"
    noon.move_to(NOON + COOL_OFF)
    assert is_signed_in(sign_in("Amina", builders.PASSWORD))


def test_success_clears_the_count(amina):
    for _ in range(4):
        sign_in("Amina")
    assert is_signed_in(sign_in("Amina", builders.PASSWORD))
    assert not any(is_refused(sign_in("Amina")) for _ in range(5))
    assert is_refused(sign_in("Amina"))


def change_password(client, old, new="another-lantern-road-42"):
    """Send the account page with a new password."""
    form = builders.parse(client.get("/admin/account/")).select_one("form:has([name$=old_password])")
    assert len(form.select("[name$=old_password]")) == 1, "none that does not count"
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    data |= {
        each["name"]: (each.select_one("[selected]") or each.select_one("option"))["value"]
        for each in form.select("select")
    }
    data |= {"name_email-first_name": "Amina", "name_email-last_name": "A."}
    words = {"password-old_password": old, "password-new_password1": new, "password-new_password2": new}
    return client.post("/admin/account/", data | words)


def test_old_password_is_no_easier_to_guess_on_the_account_page(amina, noon, client):
    client.defaults["REMOTE_ADDR"] = "192.0.2.1"
    client.force_login(amina)
    for _ in range(3):
        response = change_password(client, WRONG)
        assert "entered incorrectly" in response.text
        assert TOO_MANY not in response.text
    for _ in range(2):
        assert not is_refused(sign_in("Amina"))
    assert TOO_MANY in change_password(client, builders.PASSWORD).text
    assert is_refused(sign_in("Amina", builders.PASSWORD))
    noon.move_to(NOON + COOL_OFF)
    client.force_login(amina)  # the proof of the first sign-in has expired
    assert change_password(client, builders.PASSWORD).status_code == 302
    assert client.get("/admin/account/").status_code == 200, "who changes it stays signed in"
    assert is_signed_in(sign_in("Amina", "another-lantern-road-42"))


# --- By address ----------------------------------------------------------------------------------


def use_up_address(address="192.0.2.1", **headers):
    """Make twenty attempts, the limit, from one address."""
    answers = [sign_in(f"name-{number}", address=address, **headers) for number in range(20)]
    assert not any(map(is_refused, answers))


def test_one_address_can_try_twenty_names(amina, noon):
    use_up_address()
    assert is_refused(sign_in("Amina", builders.PASSWORD))
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address="192.0.2.2"))
    noon.move_to(NOON + COOL_OFF)
    assert is_signed_in(sign_in("Amina", builders.PASSWORD))


def test_successful_sign_ins_from_one_address_have_no_limit(amina):
    assert all(is_signed_in(sign_in("Amina", builders.PASSWORD)) for _ in range(25))


def test_ipv6_network_counts_as_one_address(amina):
    for number in range(20):
        sign_in(f"name-{number}", address=f"2001:db8:0:{number}::1")
    assert is_refused(sign_in("Amina", builders.PASSWORD, address="2001:db8:0:ff::ffff"))
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, address="2001:db8:0:100::1"))


def spoofed(number):
    """Return headers with which a visitor pretends to have another address."""
    claimed = f"198.51.100.{number}"
    names = ["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"]
    return dict.fromkeys(names, claimed) | {"Forwarded": f"for={claimed}"}


def test_forged_headers_change_nothing(amina):
    for number in range(20):
        sign_in(f"name-{number}", **spoofed(number))
    assert is_refused(sign_in("Amina", builders.PASSWORD, **spoofed(99)))


def test_behind_a_proxy_only_the_address_that_it_added_counts(settings, amina):
    settings.TRUST_PROXY = 1
    proxy = {"address": "10.0.0.1"}
    for number in range(20):
        headers = spoofed(number) | {"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.1"}
        sign_in(f"name-{number}", **proxy, **headers)
    through = {"X-Forwarded-For": "198.51.100.99, 192.0.2.1"}
    assert is_refused(sign_in("Amina", builders.PASSWORD, **proxy, **through))
    assert is_signed_in(sign_in("Amina", builders.PASSWORD, **proxy, **{"X-Forwarded-For": "192.0.2.2"}))


# --- What is stored ------------------------------------------------------------------------------


def test_neither_names_nor_addresses_are_stored(settings):
    sign_in("somebody-in-danger", address="203.0.113.77")
    Client(REMOTE_ADDR="203.0.113.77").post(RESET, {"email": "somebody-in-danger@example.org"})
    assert LoginAttempt.objects.count() == 6
    text = all_stored_text()
    assert "somebody-in-danger" not in text
    assert "203.0.113" not in text
    settings.SECRET_KEY = "another key"
    sign_in("somebody-in-danger", address="203.0.113.77")
    assert LoginAttempt.objects.count() == 9, "the hash needs the key"


def test_expired_counts_are_deleted(settings, tmp_path, noon):
    settings.DATA_DIR = tmp_path
    sign_in("Old")
    noon.move_to(NOON + datetime.timedelta(minutes=1))
    sign_in("New", address="192.0.2.2")
    noon.move_to(NOON + COOL_OFF)
    call_command("run_due_work")
    assert LoginAttempt.objects.count() == 3
    assert {attempt.last for attempt in LoginAttempt.objects.all()} == {NOON + datetime.timedelta(minutes=1)}


# --- Simultaneous attempts -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_simultaneous_attempts_only_five_are_checked():
    builders.make_user("Editors", username="Amina")
    barrier, answers = threading.Barrier(12), []

    def attempt():
        barrier.wait()
        try:
            answers.append(sign_in("Amina"))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert sum(map(is_refused, answers)) == 7


# --- Password reset ------------------------------------------------------------------------------


def ask_reset(email, address="192.0.2.1"):
    """Request a link; return (status, address of the redirect, number of mails sent so far)."""
    response = Client(REMOTE_ADDR=address).post(RESET, {"email": email})
    for thread in threading.enumerate():
        if thread.name == "reset mail":
            thread.join()
    return response.status_code, response["Location"], len(mail.outbox)


def test_reset_does_not_tell_whether_an_account_exists(amina):
    known = ask_reset(amina.email)
    assert known == (302, "/admin/password_reset/done/", 1)
    assert ask_reset("nobody@example.org", "192.0.2.2") == known
    assert mail.outbox[0].to == [amina.email]


def test_reset_sends_at_most_five_mails_to_one_address(amina, noon):
    answers = [ask_reset(amina.email.upper(), f"192.0.2.{number}") for number in range(7)]
    assert [sent for *_, sent in answers] == [1, 2, 3, 4, 5, 5, 5]
    assert len({answer[:2] for answer in answers}) == 1
    noon.move_to(NOON + COOL_OFF)
    assert ask_reset(amina.email)[2] == 6


def test_reset_is_limited_to_twenty_for_one_network_address(amina):
    for number in range(20):
        ask_reset(f"nobody-{number}@example.org")
    assert ask_reset(amina.email)[2] == 0
    assert ask_reset(amina.email, "192.0.2.2")[2] == 1
