"""Users must authenticate again before changes to who can sign in to an account.

ASKED is the heading of the page that asks. The clock stands at NOON. STEP is the time for which an app shows
the same code, which is valid once: the next code needs a later time.
"""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Passkey
from accounts.reauthentication import VALID_FOR
from accounts.second_factor import FACTOR_VERIFIED_AT
from tests.support import builders, second_factor, signing_in
from tests.support.second_factor import ASKED, MINE, PAGE, STEP, answer, make_stale, signed_in_without_proof
from tests.support.signing_in import ACCOUNT, LOGIN, NOON, TOO_MANY, WRONG_PASSWORD, account_form, email_of
from tests.support.soft_passkey import SoftPasskey

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def client_with_app(amina):
    """A client in which amina signed in with password and code, too long ago for a proof."""
    client = second_factor.signed_in_with_code(amina)
    make_stale(client)
    return client


def test_proof_lasts_ten_minutes_from_signing_in(admin, noon):
    client = signing_in.signed_in(admin)
    assert timedelta(minutes=10) == VALID_FOR
    noon.move_to(NOON + VALID_FOR)
    assert ASKED not in client.get("/admin/users/new/").text
    noon.move_to(NOON + VALID_FOR + STEP)
    assert ASKED in client.get("/admin/users/new/").text
    assert client.get("/admin/users/").status_code == 200, "a list needs no proof"
    noon.move_to(NOON - STEP)
    assert ASKED in client.get("/admin/users/new/").text, "a proof from the future does not count"


def test_after_the_password_the_requested_form_is_shown(admin):
    client = signed_in_without_proof(admin)
    address = "/admin/users/new/?next=x"
    asked = client.get(address)
    assert "no-store" in asked["Cache-Control"]
    before = client.session.session_key
    assert "not right" in answer(client, asked, password=WRONG_PASSWORD).text
    assert ASKED in client.get(address).text
    response = answer(client, asked, password=builders.PASSWORD)
    assert response["Location"] == address
    assert ASKED not in client.get(address).text
    assert client.session.session_key != before
    assert signing_in.is_signed_in(client)


def test_interrupted_form_is_saved_after_the_proof(amina):
    client = signed_in_without_proof(amina)
    data = account_form(client, **{"email-email": "new@example.org", "name_email-last_name": '"<B>'})
    asked = client.post(ACCOUNT, data)
    assert ASKED in asked.text
    assert email_of(amina) == amina.email
    response = answer(client, asked, password=WRONG_PASSWORD)
    assert email_of(amina) == amina.email
    assert answer(client, response, password=builders.PASSWORD)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert get_user_model().objects.get(pk=amina.pk).last_name == '"<B>'


def test_multiple_values_of_an_interrupted_form_are_kept(admin):
    client = signed_in_without_proof(admin)
    groups = sorted(Group.objects.values_list("pk", flat=True))
    new = {"username": "new", "email": "n@example.org", "first_name": "N", "last_name": "N", "groups": groups}
    answer(client, client.post("/admin/users/new/", new), password=builders.PASSWORD)
    made = get_user_model().objects.get(username="new")
    assert sorted(made.groups.values_list("pk", flat=True)) == groups


def test_rest_of_the_account_page_needs_no_proof(amina):
    client = signed_in_without_proof(amina)
    assert client.post(ACCOUNT, account_form(client))["Location"] == ACCOUNT
    assert get_user_model().objects.get(pk=amina.pk).last_name == "B.", "account_form() changes the last name"


@pytest.mark.parametrize("fields", [{"email-email": "new@example.org"}, signing_in.password_fields()])
def test_account_page_asks_for_the_second_factor_too(amina, client_with_app, noon, fields):
    client, stored = client_with_app, get_user_model().objects.values("email", "password")
    before = stored.get(pk=amina.pk)

    asked = answer(client, client.post(ACCOUNT, account_form(client, **fields)), password=builders.PASSWORD)
    assert ASKED in asked.text
    assert stored.get(pk=amina.pk) == before
    noon.move_to(NOON + STEP)
    assert "not right" in answer(client, asked, code="000000").text
    assert answer(client, asked, code=second_factor.code_of())["Location"] == ACCOUNT
    assert stored.get(pk=amina.pk) != before
    assert signing_in.is_signed_in(client)


def test_code_needs_the_password_first(client_with_app, noon):
    noon.move_to(NOON + STEP)
    client_with_app.post(MINE, {"reauthentication_step": "factor", "code": second_factor.code_of()})
    assert ASKED in client_with_app.get(MINE).text
    # The session has still the time that make_stale() stored.
    assert client_with_app.session[FACTOR_VERIFIED_AT] < time.time() - VALID_FOR.total_seconds()


def test_passkey_counts_as_the_factor(amina):
    passkey, client = second_factor.signed_in_with_passkey(amina)
    make_stale(client, FACTOR_VERIFIED_AT)
    step = {"reauthentication_step": "factor"}
    assert "was not accepted" in second_factor.use(client, SoftPasskey(), MINE, data=step).text
    assert second_factor.use(client, passkey, MINE, data=step)["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_interrupted_registration_of_a_passkey_continues(amina):
    client = signing_in.signed_in(amina)
    made = SoftPasskey().register(second_factor.options_in(client, MINE))
    make_stale(client)
    asked = client.post(MINE, {"passkey": made, "name": "New"})
    assert not Passkey.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert Passkey.objects.get().name == "New"


@pytest.mark.parametrize("send", [{}, {"code": "123456"}, {"passkey": "{}", "name": "x"}, {"remove": "x"}])
@pytest.mark.parametrize("address", [PAGE, MINE])
def test_no_factor_is_set_up_without_recent_proof(amina, address, send):
    client = signed_in_without_proof(amina)
    assert ASKED in client.get(address).text
    assert ASKED in client.post(address, send).text


def test_pending_user_without_recent_proof_sets_nothing_up(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = signing_in.signed_in(amina)
    key = second_factor.key_of(client)
    make_stale(client)
    asked = client.post(PAGE, {"code": second_factor.code_of(key)})
    assert ASKED in asked.text
    assert not TOTPDevice.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert TOTPDevice.objects.get().key == key, "the interrupted form is sent again"
    assert signing_in.is_signed_in(client)


def test_pending_user_signs_out_without_a_proof(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = signed_in_without_proof(amina)
    assert client.post(PAGE, {"sign_out": "1"})["Location"] == LOGIN


def test_passwords_share_the_limit_of_signing_in(amina):
    client = signed_in_without_proof(amina)
    client.defaults["REMOTE_ADDR"] = "9.0.2.1"  # 127.0.0.1, the default, is internal and not counted
    asked = client.get(MINE)
    for _ in range(5):
        assert TOO_MANY not in answer(client, asked, password=WRONG_PASSWORD).text
    assert TOO_MANY in answer(client, asked, password=builders.PASSWORD).text
    assert ASKED in client.get(MINE).text
    assert signing_in.attempt("amina", builders.PASSWORD, address="9.0.2.1").refused


def test_codes_share_the_limit_of_signing_in(client_with_app):
    client = client_with_app
    asked = answer(client, client.get(MINE), password=builders.PASSWORD)
    for number in range(5):
        assert TOO_MANY not in answer(client, asked, code=f"00000{number}").text
    assert TOO_MANY in answer(client, asked, code="000009").text


def test_password_of_another_user_is_no_proof(amina, admin):
    # Every user in the tests has PASSWORD. Now it is that of amina, but not of the administrator.
    admin.set_unusable_password()
    admin.save()
    client = Client()
    client.force_login(admin)
    make_stale(client)
    assert "ask an administrator" in client.get(MINE).text
    client.post(MINE, {"reauthentication_step": "identity", "password": builders.PASSWORD})
    assert ASKED in client.get(MINE).text
