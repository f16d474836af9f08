"""A user who signs in with an identity provider proves there again who they are, and not by its memory."""

import datetime
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.accounts.test_passkeys import MINE
from tests.accounts.test_reauthentication import ASKED, account_form, answer, email_of, make_stale
from tests.accounts.test_second_factor import PAGE, code_of, give, is_in, with_app
from tests.accounts.test_sessions import ACCOUNT
from tests.accounts.test_single_sign_on import DONE, START, amina, arrive, provider  # noqa: F401 - fixtures
from tests.support import builders

pytestmark = pytest.mark.django_db

AGAIN = f"{START}?again=1&next={MINE}"


@pytest.fixture
def without_password(amina):  # noqa: F811
    amina.set_unusable_password()
    amina.save()
    return amina


@pytest.fixture
def left_open(without_password, provider, client):  # noqa: F811
    """A browser in which a user without a password signed in with the provider some time ago."""
    arrive(client, provider)
    make_stale(client)
    return client


def test_page_that_asks_leads_to_the_provider(left_open, provider):  # noqa: F811
    page = builders.parse(left_open.get(MINE))
    assert not page.select("[name=password]")
    [link] = page.select(f"main a[href^='{START}']")
    wish = parse_qs(urlsplit(left_open.get(link["href"])["Location"]).query)
    assert (wish["prompt"], wish["max_age"]) == (["login"], ["0"])
    before = left_open.session.session_key
    assert arrive(left_open, provider, link["href"])["Location"] == MINE
    assert ASKED not in left_open.get(MINE).text
    assert left_open.session.session_key != before
    assert is_in(left_open)


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
def test_what_the_provider_remembers_proves_nothing(left_open, provider, lies):  # noqa: F811
    builders.make_user("Editors", username="other")
    get_user_model().objects.filter(username="other").update(email="other@example.org")
    provider.lies = lies
    provider.userinfo = {"sub": "7"}
    assert arrive(left_open, provider, AGAIN)["Location"] == MINE
    page = left_open.get(MINE).text
    assert ASKED in page
    assert "This did not work." in page
    assert "This did not work." not in left_open.get(MINE).text
    assert is_in(left_open), "nobody is signed out"


def test_older_sign_in_at_the_provider_is_no_proof(left_open, provider):  # noqa: F811
    address = left_open.get(AGAIN)["Location"]
    provider.lies = {"auth_time": int(time.time()) - 120}
    left_open.get(provider.sign_in(address))
    assert ASKED in left_open.get(MINE).text


@pytest.mark.parametrize(("age", "asked"), [(0, False), (500, False), (660, True), (None, True)])
def test_sign_in_counts_from_when_the_provider_asked(amina, provider, client, age, asked):  # noqa: F811
    provider.lies = {"auth_time": age if age is None else int(time.time()) - age}
    arrive(client, provider)
    assert is_in(client)
    assert (ASKED in client.get(MINE).text) == asked


def test_provider_that_does_not_answer_signs_nobody_out(left_open, settings):
    settings.IDENTITY_PROVIDER |= {"issuer": "http://127.0.0.1:9/realm"}
    assert left_open.get(AGAIN)["Location"] == MINE
    assert "This did not work." in left_open.get(MINE).text
    assert is_in(left_open)


def test_answer_of_the_provider_is_good_once(left_open, provider):  # noqa: F811
    back = provider.sign_in(left_open.get(AGAIN)["Location"])
    left_open.get(back)
    make_stale(left_open)
    left_open.get(back)
    left_open.get(f"{DONE}?code=x&state=y")
    assert ASKED in left_open.get(MINE).text


def test_interrupted_form_waits_for_the_other_tab(left_open, provider, without_password):  # noqa: F811
    data = account_form(left_open, **{"name_email-email": "new@example.org"})
    asked = left_open.post(ACCOUNT, data)
    page = builders.parse(asked)
    [link] = page.select(f"main a[href^='{START}'][target=_blank]")
    form = page.select_one("main form:has([name=reauthentication_was_posted])")
    fields = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert ASKED in left_open.post(ACCOUNT, fields).text
    assert email_of(without_password) != "new@example.org"
    arrive(left_open, provider, link["href"])
    assert left_open.post(ACCOUNT, fields)["Location"] == ACCOUNT
    assert email_of(without_password) == "new@example.org"


def test_second_factor_is_asked_for_after_the_provider(without_password, provider, client, time_machine):  # noqa: F811
    with_app(without_password)
    arrive(client, provider)
    give(client, code_of())
    make_stale(client)
    arrive(client, provider, AGAIN)
    asked = client.get(MINE)
    assert builders.parse(asked).select("main [name=code]")
    time_machine.move_to(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30))
    assert answer(client, asked, code=code_of())["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_half_signed_in_user_proves_it_there_too(settings, without_password, provider, client):  # noqa: F811
    settings.SECOND_FACTOR = "EVERYBODY"
    provider.lies = {"auth_time": None}
    arrive(client, provider)
    assert ASKED in client.get(PAGE).text
    provider.lies = {}
    arrive(client, provider, f"{START}?again=1&next={PAGE}")
    assert builders.parse(client.get(PAGE)).select_one("main svg path")


def test_visitor_cannot_ask_again(amina, provider):  # noqa: F811
    client = Client()
    wish = parse_qs(urlsplit(client.get(AGAIN)["Location"]).query)
    assert "prompt" not in wish
