"""Users must authenticate again before changes to who can sign in to an account.

ASKED is the heading of the page that asks. The clock stands at NOON. STEP is the time for which an app shows
the same code, which is valid once: the next code needs a later time.
"""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Passkey
from accounts.reauthentication import VALID_FOR
from accounts.second_factor import FACTOR_VERIFIED_AT
from tests.support import builders, second_factor, signing_in
from tests.support.second_factor import ASKED, MINE, PAGE, STEP, answer, make_stale, signed_in_without_proof
from tests.support.signing_in import ACCOUNT, LOGIN, NOON, TOO_MANY, WRONG_PASSWORD, account_form
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
    # A proof from the future does not count.
    for age, is_asked in ((VALID_FOR, False), (VALID_FOR + STEP, True), (-STEP, True)):
        noon.move_to(NOON + age)
        assert (ASKED in client.get("/admin/users/new/").text) == is_asked, age
    assert ASKED not in client.get("/admin/users/").text, "a list needs no proof"


def test_after_the_password_the_requested_form_is_shown(admin):
    client, address = signed_in_without_proof(admin), "/admin/users/new/?next=x"
    asked, before = client.get(address), client.session.session_key
    assert "no-store" in asked["Cache-Control"]
    assert "not right" in answer(client, asked, password=WRONG_PASSWORD).text
    assert ASKED in client.get(address).text
    assert answer(client, asked, password=builders.PASSWORD)["Location"] == address
    assert ASKED not in client.get(address).text
    assert client.session.session_key != before and signing_in.is_signed_in(client)


def test_interrupted_form_is_saved_after_the_proof(amina):
    client = signed_in_without_proof(amina)
    assert client.post(ACCOUNT, account_form(client))["Location"] == ACCOUNT, "the rest needs no proof"
    data = account_form(client, **{"email-email": "new@example.org", "name_email-last_name": '"<B>'})
    asked = client.post(ACCOUNT, data)
    assert ASKED in asked.text
    response = answer(client, asked, password=WRONG_PASSWORD)
    stored = get_user_model().objects.filter(pk=amina.pk).values_list("email", "last_name")
    assert stored.get() == (amina.email, "B."), "account_form() changes the last name"
    assert answer(client, response, password=builders.PASSWORD)["Location"] == ACCOUNT
    assert stored.get() == ("new@example.org", '"<B>')


def test_multiple_values_of_an_interrupted_form_are_kept(admin):
    client, groups = signed_in_without_proof(admin), set(Group.objects.values_list("pk", flat=True))
    new = signing_in.new_user_data(groups=groups)
    answer(client, client.post("/admin/users/new/", new), password=builders.PASSWORD)
    assert {group.pk for group in get_user_model().objects.get(username="amina").groups.all()} == groups


@pytest.mark.parametrize("fields", [{"email-email": "new@example.org"}, signing_in.password_fields()])
def test_account_page_asks_for_the_second_factor_too(amina, client_with_app, noon, fields):
    client, stored = client_with_app, get_user_model().objects.filter(pk=amina.pk).values("email", "password")
    before = stored.get()
    asked = answer(client, client.post(ACCOUNT, account_form(client, **fields)), password=builders.PASSWORD)
    assert ASKED in asked.text and stored.get() == before
    noon.move_to(NOON + STEP)
    assert "not right" in answer(client, asked, code="000000").text
    assert answer(client, asked, code=second_factor.code_of())["Location"] == ACCOUNT
    assert stored.get() != before and signing_in.is_signed_in(client)


def test_code_needs_the_password_first(client_with_app, noon):
    noon.move_to(NOON + STEP)
    client_with_app.post(MINE, {"reauthentication_step": "factor", "code": second_factor.code_of()})
    assert ASKED in client_with_app.get(MINE).text
    # The session has still the time that make_stale() stored.
    assert client_with_app.session[FACTOR_VERIFIED_AT] < time.time() - VALID_FOR.total_seconds()


def test_password_of_another_user_is_no_proof(amina, admin):
    # Every user in the tests has PASSWORD. Now it is that of amina, but not of the administrator.
    admin.set_unusable_password()
    client = builders.client_of(builders.save_with(admin))
    make_stale(client)
    assert "ask an administrator" in client.get(MINE).text
    client.post(MINE, {"reauthentication_step": "identity", "password": builders.PASSWORD})
    assert ASKED in client.get(MINE).text


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


@pytest.mark.parametrize("address", [PAGE, MINE])
def test_no_factor_is_set_up_without_recent_proof(amina, address):
    client = signed_in_without_proof(amina)
    assert ASKED in client.get(address).text
    for send in ({}, {"code": "123456"}, {"passkey": "{}", "name": "x"}, {"remove": "x"}):
        assert ASKED in client.post(address, send).text, send


def test_pending_user_without_recent_proof_sets_nothing_up_and_can_sign_out(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client, leaving = signing_in.signed_in(amina), signed_in_without_proof(amina)
    assert leaving.post(PAGE, {"sign_out": "1"})["Location"] == LOGIN
    assert {leaving.get(each)["Location"].partition("?")[0] for each in ("/admin/", PAGE)} == {LOGIN}
    key = second_factor.key_of(client)
    make_stale(client)
    asked = client.post(PAGE, {"code": second_factor.code_of(key)})
    assert ASKED in asked.text and not TOTPDevice.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert TOTPDevice.objects.get().key == key, "the interrupted form is sent again"
    assert signing_in.is_signed_in(client)


def test_passwords_and_codes_share_the_limit_of_signing_in(amina):
    client = second_factor.signed_in_with_code(amina)
    make_stale(client)
    client.defaults["REMOTE_ADDR"] = "9.0.2.1"  # 127.0.0.1, the default, is internal and not counted
    asked = client.get(MINE)
    codes = answer(client, asked, password=builders.PASSWORD)
    for wrong in [{"password": WRONG_PASSWORD}] * 5 + [{"code": f"00000{number}"} for number in range(5)]:
        assert TOO_MANY not in answer(client, asked if "password" in wrong else codes, **wrong).text
    assert TOO_MANY in answer(client, asked, password=builders.PASSWORD).text
    assert TOO_MANY in answer(client, codes, code="000009").text
    assert ASKED in client.get(MINE).text
    assert signing_in.attempt("amina", builders.PASSWORD, address="9.0.2.1").refused
