"""A user of single sign-on authenticates again at the identity provider, which must ask for the password."""

import datetime
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.accounts.test_passkeys import MINE
from tests.accounts.test_reauthentication import ASKED, account_form, answer, email_of, make_stale
from tests.accounts.test_second_factor import PAGE, code_of, is_signed_in, send_code, with_app
from tests.accounts.test_sessions import ACCOUNT
from tests.accounts.test_single_sign_on import DONE, START, amina, provider, sign_in_at_provider  # noqa: F401 - fixtures
from tests.support import builders

pytestmark = pytest.mark.django_db

AGAIN = f"{START}?again=1&next={MINE}"


@pytest.fixture
def without_password(amina):  # noqa: F811
    amina.set_unusable_password()
    amina.save()
    return amina


@pytest.fixture
def client_without_proof(without_password, provider, client):  # noqa: F811
    """A client in which a user without a password signed in at the provider, too long ago for a proof."""
    sign_in_at_provider(client, provider)
    make_stale(client)
    return client


def test_page_that_asks_links_to_the_provider(client_without_proof, provider):  # noqa: F811
    page = builders.parse(client_without_proof.get(MINE))
    assert not page.select("[name=password]")
    [link] = page.select(f"main a[href^='{START}']")
    wish = parse_qs(urlsplit(client_without_proof.get(link["href"])["Location"]).query)
    assert (wish["prompt"], wish["max_age"]) == (["login"], ["0"])
    before = client_without_proof.session.session_key
    assert sign_in_at_provider(client_without_proof, provider, link["href"])["Location"] == MINE
    assert ASKED not in client_without_proof.get(MINE).text
    assert client_without_proof.session.session_key != before
    assert is_signed_in(client_without_proof)


@pytest.mark.parametrize(
    "lies",
    [
        {"auth_time": None},
        {"auth_time": 1},
        {"auth_time": "now"},
        {"nonce": "another"},
        {"email": "other@example.org"},
        {"email_verified": False},
        {"email": None},
    ],
)
def test_sign_in_that_the_provider_remembers_is_no_proof(client_without_proof, provider, lies):  # noqa: F811
    builders.make_user("Editors", username="other")
    get_user_model().objects.filter(username="other").update(email="other@example.org")
    provider.lies = lies
    provider.userinfo = {"sub": "7"}
    assert sign_in_at_provider(client_without_proof, provider, AGAIN)["Location"] == MINE
    page = client_without_proof.get(MINE).text
    assert ASKED in page
    assert "This did not work." in page
    assert "This did not work." not in client_without_proof.get(MINE).text
    assert is_signed_in(client_without_proof), "nobody is signed out"


def test_older_sign_in_at_the_provider_is_no_proof(client_without_proof, provider):  # noqa: F811
    address = client_without_proof.get(AGAIN)["Location"]
    provider.lies = {"auth_time": int(time.time()) - 120}
    client_without_proof.get(provider.sign_in(address))
    assert ASKED in client_without_proof.get(MINE).text


@pytest.mark.parametrize(("age", "asked"), [(0, False), (500, False), (660, True), (None, True)])
def test_sign_in_counts_from_the_time_in_the_token(amina, provider, client, age, asked):  # noqa: F811
    provider.lies = {"auth_time": age if age is None else int(time.time()) - age}
    sign_in_at_provider(client, provider)
    assert is_signed_in(client)
    assert (ASKED in client.get(MINE).text) == asked


def test_failure_of_the_provider_keeps_the_session(client_without_proof, settings):
    settings.IDENTITY_PROVIDER |= {"issuer": "http://127.0.0.1:9/realm"}
    assert client_without_proof.get(AGAIN)["Location"] == MINE
    assert "This did not work." in client_without_proof.get(MINE).text
    assert is_signed_in(client_without_proof)


def test_response_of_the_provider_is_valid_once(client_without_proof, provider):  # noqa: F811
    back = provider.sign_in(client_without_proof.get(AGAIN)["Location"])
    client_without_proof.get(back)
    make_stale(client_without_proof)
    client_without_proof.get(back)
    client_without_proof.get(f"{DONE}?code=x&state=y")
    assert ASKED in client_without_proof.get(MINE).text


def test_interrupted_form_waits_for_the_other_tab(client_without_proof, provider, without_password):  # noqa: F811
    data = account_form(client_without_proof, **{"email-email": "new@example.org"})
    asked = client_without_proof.post(ACCOUNT, data)
    page = builders.parse(asked)
    [link] = page.select(f"main a[href^='{START}'][target=_blank]")
    form = page.select_one("main form:has([name=reauthentication_was_posted])")
    fields = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert ASKED in client_without_proof.post(ACCOUNT, fields).text
    assert email_of(without_password) != "new@example.org"
    sign_in_at_provider(client_without_proof, provider, link["href"])
    assert client_without_proof.post(ACCOUNT, fields)["Location"] == ACCOUNT
    assert email_of(without_password) == "new@example.org"


def test_second_factor_is_asked_for_after_the_provider(without_password, provider, client, time_machine):  # noqa: F811
    with_app(without_password)
    sign_in_at_provider(client, provider)
    send_code(client, code_of())
    make_stale(client)
    sign_in_at_provider(client, provider, AGAIN)
    asked = client.get(MINE)
    assert builders.parse(asked).select("main [name=code]")
    time_machine.move_to(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30))
    assert answer(client, asked, code=code_of())["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_pending_user_gives_the_proof_at_the_provider_too(settings, without_password, provider, client):  # noqa: F811
    settings.SECOND_FACTOR = "EVERYBODY"
    provider.lies = {"auth_time": None}
    sign_in_at_provider(client, provider)
    assert ASKED in client.get(PAGE).text
    provider.lies = {}
    sign_in_at_provider(client, provider, f"{START}?again=1&next={PAGE}")
    assert builders.parse(client.get(PAGE)).select_one("main svg path")


def test_visitor_cannot_ask_again(amina, provider):  # noqa: F811
    client = Client()
    wish = parse_qs(urlsplit(client.get(AGAIN)["Location"]).query)
    assert "prompt" not in wish
