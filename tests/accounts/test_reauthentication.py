"""An open session does not become a permanent one: what lets somebody into an account needs recent proof."""

import time

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Passkey
from accounts.reauthentication import IDENTITY_VERIFIED_AT, VALID_FOR
from accounts.second_factor import FACTOR_VERIFIED_AT
from tests.accounts.test_passkeys import MINE, options_in, with_passkey
from tests.accounts.test_second_factor import NOON, PAGE, STEP, code_of, give, key_of, signed_in, with_app
from tests.accounts.test_sessions import ACCOUNT, chosen, is_in
from tests.accounts.test_signing_in import TOO_MANY
from tests.support import builders
from tests.support.soft_passkey import SoftPasskey

pytestmark = pytest.mark.django_db

ASKED = "Is it you?"


@pytest.fixture(autouse=True)
def noon(settings, time_machine):
    settings.SECOND_FACTOR = "NOBODY"
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def amina():
    return builders.make_user("Editors", username="amina")


@pytest.fixture
def admin():
    return builders.make_user(username="admin", is_superuser=True)


def left_open(user):
    """Return a browser in which `user` signed in longer ago than the proof is valid."""
    client = signed_in(user)
    make_stale(client)
    return client


def make_stale(client, *keys):
    """Let the proof in the session of `client` be too old."""
    session = client.session
    for key in keys or (IDENTITY_VERIFIED_AT, FACTOR_VERIFIED_AT):
        session[key] = time.time() - VALID_FOR.total_seconds() - 1
    session.save()


def answer(client, response, **proof):
    """Send the form of the page that asks, with `proof` in it, to the address of `response`."""
    page = builders.parse(response)
    [form] = [form for form in page.select("main form") if form.select_one("[name=password], [name=code]")]
    fields = form.select("input[type=hidden]")
    data = {}
    for field in fields:
        data.setdefault(field["name"], []).append(field["value"])
    request = response.request
    address = request["PATH_INFO"] + (f"?{request['QUERY_STRING']}" if request["QUERY_STRING"] else "")
    return client.post(address, data | proof)


def account_form(client, **fields):
    """Return what the account page sends, with some of its fields changed."""
    form = builders.parse(client.get(ACCOUNT)).select_one("form[enctype]")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    data |= {each["name"]: chosen(each) for each in form.select("select[name]")}
    del data["csrfmiddlewaretoken"]
    return data | {"name_email-first_name": "Amina", "name_email-last_name": "B."} | fields


def email_of(user):
    return get_user_model().objects.get(pk=user.pk).email


# --- What is asked, and what it opens ------------------------------------------------------------


def test_proof_lasts_ten_minutes_from_signing_in(admin, noon):
    client = signed_in(admin)
    noon.move_to(NOON + VALID_FOR)
    assert ASKED not in client.get("/admin/users/new/").text
    noon.move_to(NOON + VALID_FOR + STEP)
    assert ASKED in client.get("/admin/users/new/").text
    assert client.get("/admin/users/").status_code == 200, "to look needs nothing"


def test_password_opens_the_form_that_was_asked_for(admin):
    client = left_open(admin)
    address = "/admin/users/new/?next=x"
    asked = client.get(address)
    assert "no-store" in asked["Cache-Control"]
    before = client.session.session_key
    assert "not right" in answer(client, asked, password="wrong-lantern-road-41").text
    assert ASKED in client.get(address).text
    response = answer(client, asked, password=builders.PASSWORD)
    assert response["Location"] == address
    assert ASKED not in client.get(address).text
    assert client.session.session_key != before
    assert is_in(client)


def test_form_that_is_interrupted_is_saved_with_the_proof(amina):
    client = left_open(amina)
    data = account_form(client, **{"name_email-email": "new@example.org", "name_email-last_name": '"<B>'})
    asked = client.post(ACCOUNT, data)
    assert ASKED in asked.text
    assert email_of(amina) == amina.email
    response = answer(client, asked, password="wrong-lantern-road-41")
    assert email_of(amina) == amina.email
    assert answer(client, response, password=builders.PASSWORD)["Location"] == ACCOUNT
    assert email_of(amina) == "new@example.org"
    assert get_user_model().objects.get(pk=amina.pk).last_name == '"<B>'


def test_lists_of_an_interrupted_form_stay_lists(admin):
    client = left_open(admin)
    groups = sorted(Group.objects.values_list("pk", flat=True))
    new = {"username": "new", "email": "n@example.org", "first_name": "N", "last_name": "N", "groups": groups}
    answer(client, client.post("/admin/users/new/", new), password=builders.PASSWORD)
    made = get_user_model().objects.get(username="new")
    assert sorted(made.groups.values_list("pk", flat=True)) == groups


def test_rest_of_the_account_page_needs_no_proof(amina):
    client = left_open(amina)
    assert client.post(ACCOUNT, account_form(client))["Location"] == ACCOUNT
    assert get_user_model().objects.get(pk=amina.pk).last_name == "B."


@pytest.mark.parametrize(
    "fields",
    [
        {"name_email-email": "new@example.org"},
        {"password-old_password": builders.PASSWORD, "password-new_password1": "another-lantern-road-42"},
    ],
)
def test_account_page_asks_for_the_factor_too(amina, noon, fields):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client)
    if "password-new_password1" in fields:
        fields["password-new_password2"] = fields["password-new_password1"]
    before = get_user_model().objects.values("email", "password").get(pk=amina.pk)

    asked = answer(client, client.post(ACCOUNT, account_form(client, **fields)), password=builders.PASSWORD)
    assert ASKED in asked.text
    assert get_user_model().objects.values("email", "password").get(pk=amina.pk) == before
    noon.move_to(NOON + STEP)
    assert "not right" in answer(client, asked, code="000000").text
    assert answer(client, asked, code=code_of())["Location"] == ACCOUNT
    assert get_user_model().objects.values("email", "password").get(pk=amina.pk) != before
    assert is_in(client)


def test_code_is_no_use_without_the_password(amina, noon):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client)
    noon.move_to(NOON + STEP)
    client.post(MINE, {"reauthentication_step": "factor", "code": code_of()})
    assert ASKED in client.get(MINE).text
    assert client.session[FACTOR_VERIFIED_AT] < time.time() - VALID_FOR.total_seconds()


def test_passkey_is_taken_for_the_factor(amina):
    passkey = with_passkey(amina)
    client = signed_in(amina)
    client.post(PAGE, {"passkey": passkey.give(options_in(client))})
    make_stale(client, FACTOR_VERIFIED_AT)
    data = {"reauthentication_step": "factor"}
    refused = client.post(MINE, data | {"passkey": SoftPasskey().give(options_in(client, MINE))})
    assert "was not accepted" in refused.text
    response = client.post(MINE, data | {"passkey": passkey.give(options_in(client, MINE))})
    assert response["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_passkey_that_was_being_added_is_not_lost(amina):
    client = signed_in(amina)
    made = SoftPasskey().make(options_in(client, MINE))
    make_stale(client)
    asked = client.post(MINE, {"passkey": made, "name": "New"})
    assert not Passkey.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert Passkey.objects.get().name == "New"


@pytest.mark.parametrize("send", [{}, {"code": "123456"}, {"passkey": "{}", "name": "x"}, {"remove": "x"}])
@pytest.mark.parametrize("address", [PAGE, MINE])
def test_no_factor_is_set_up_in_a_session_that_was_left_open(amina, address, send):
    client = left_open(amina)
    assert ASKED in client.get(address).text
    assert ASKED in client.post(address, send).text


def test_half_signed_in_session_that_was_left_open_sets_nothing_up(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = signed_in(amina)
    key = key_of(builders.parse(client.get(PAGE)))
    make_stale(client)
    asked = client.post(PAGE, {"code": code_of(key)})
    assert ASKED in asked.text
    assert not TOTPDevice.objects.exists()
    assert answer(client, asked, password=builders.PASSWORD).status_code == 200
    assert TOTPDevice.objects.get().key == key, "what was typed is not lost"
    assert is_in(client)


def test_who_leaves_half_way_is_not_asked(settings, amina):
    settings.SECOND_FACTOR = "EVERYBODY"
    client = left_open(amina)
    assert client.post(PAGE, {"leave": "1"})["Location"] == "/admin/login/"


def test_attempts_count_with_those_to_sign_in(amina):
    client = left_open(amina)
    client.defaults["REMOTE_ADDR"] = "192.0.2.1"
    asked = client.get(MINE)
    for _ in range(5):
        assert TOO_MANY not in answer(client, asked, password="wrong-lantern-road-41").text
    assert TOO_MANY in answer(client, asked, password=builders.PASSWORD).text
    assert ASKED in client.get(MINE).text
    other = Client(REMOTE_ADDR="192.0.2.1")
    assert TOO_MANY in other.post("/admin/login/", {"username": "amina", "password": builders.PASSWORD}).text


def test_codes_count_with_those_to_sign_in(amina):
    with_app(amina)
    client = signed_in(amina)
    give(client, code_of())
    make_stale(client, FACTOR_VERIFIED_AT)
    asked = client.get(MINE)
    for number in range(5):
        assert TOO_MANY not in answer(client, asked, code=f"00000{number}").text
    assert TOO_MANY in answer(client, asked, code="000009").text


def test_another_users_password_proves_nothing(amina, admin):
    admin.set_unusable_password()
    admin.save()
    client = Client()
    client.force_login(admin)
    make_stale(client)
    assert "ask an administrator" in client.get(MINE).text
    client.post(MINE, {"reauthentication_step": "identity", "password": builders.PASSWORD})
    assert ASKED in client.get(MINE).text


def test_password_reset_leaves_no_session_with_proof(amina):
    client = left_open(amina)
    amina.set_password("another-lantern-road-42")
    amina.save()
    assert not is_in(client)
