"""A user of single sign-on authenticates again at the identity provider, which must ask for the password."""

import datetime
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from safeguarding.models import Reading
from tests.support import builders, second_factor
from tests.support.identity_provider import DONE, START, sign_in_at_provider
from tests.support.second_factor import ASKED, MINE, PAGE, STEP, answer, code_of, make_stale, offers_new_app
from tests.support.signing_in import USER_DATA, email_of, is_signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# Where a user goes to authenticate again. DID_NOT_WORK is on the next page if that fails.
AGAIN = f"{START}?again=1&next={MINE}"
DID_NOT_WORK = "This did not work."
# What the provider is asked for.
PASSWORD_ANEW = {"prompt": ["login"], "max_age": ["0"]}


@pytest.fixture
def without_password(amina):
    """A user who has no password here, and signs in at the provider alone."""
    amina.set_unusable_password()
    return builders.save_with(amina)


@pytest.fixture
def client_without_proof(without_password, provider, client):
    """A client in which a user without a password signed in at the provider, too long ago for a proof."""
    sign_in_at_provider(client, provider)
    make_stale(client)
    return client


def asked_for(client, address):
    """Return what the site asks the provider for, when `address` redirects there."""
    request = parse_qs(urlsplit(client.get(address)["Location"]).query)
    return {name: request[name] for name in ("prompt", "max_age") if name in request}


def test_page_that_asks_links_to_the_provider(client_without_proof, provider):
    page = builders.parse(client_without_proof.get(MINE))
    assert not page.select("[name=password]")
    [link] = page.select(f"main a[href^='{START}']")
    assert asked_for(client_without_proof, link["href"]) == PASSWORD_ANEW
    before = client_without_proof.session.session_key
    assert sign_in_at_provider(client_without_proof, provider, link["href"])["Location"] == MINE
    assert ASKED not in client_without_proof.get(MINE).text
    assert client_without_proof.session.session_key != before and is_signed_in(client_without_proof)
    assert asked_for(Client(), AGAIN) == {}, "a visitor can't ask again"


def test_a_device_that_was_handed_over_opens_only_after_a_new_sign_in(amina, provider, client):
    fields = {"way": "here", "token": "a", "ends_at": timezone.now(), "language": "en"}
    Reading.objects.create(user=amina, page=builders.make_story(), **fields)
    before = int(time.time()) - 600
    response = sign_in_at_provider(client, provider, START, auth_time=before)
    assert not is_signed_in(client)
    assert response["Location"] == f"{START}?fresh=1"
    assert asked_for(client, response["Location"]) == PASSWORD_ANEW
    sign_in_at_provider(client, provider, f"{START}?fresh=1", auth_time=before)
    assert not is_signed_in(client)
    Reading.objects.update(started_at=timezone.now() - datetime.timedelta(seconds=5))
    sign_in_at_provider(client, provider)
    assert is_signed_in(client)


# False claims in the provider's token; None: the claim is missing. auth_time, the time of the sign-in there,
# is in seconds since 1970; a function returns that, before the question by more than CLOCK_SKEW, a minute.
LIES = [
    *({"auth_time": value} for value in (None, 1, "now", lambda: int(time.time()) - 120)),
    *({"email": "other@example.org"}, {"email": None}, {"email_verified": False}, {"nonce": "another"}),
]


@pytest.mark.parametrize("lies", LIES)
def test_sign_in_with_a_false_token_is_no_proof(client_without_proof, provider, lies):
    builders.make_user("Editors", email="other@example.org")
    provider.lies = {name: value() if callable(value) else value for name, value in lies.items()}
    provider.userinfo = {"sub": "7"}  # without an address, for a token that has none
    assert sign_in_at_provider(client_without_proof, provider, AGAIN)["Location"] == MINE
    page = client_without_proof.get(MINE).text
    assert ASKED in page and DID_NOT_WORK in page
    assert DID_NOT_WORK not in client_without_proof.get(MINE).text
    assert is_signed_in(client_without_proof), "the session goes on"


# `age`: seconds since the sign-in at the provider, or None if the token does not tell. A proof lasts 600.
@pytest.mark.parametrize(("age", "asked"), [(0, False), (500, False), (660, True), (None, True)])
def test_sign_in_counts_from_the_time_in_the_token(amina, provider, client, age, asked):
    provider.lies = {"auth_time": age if age is None else int(time.time()) - age}
    sign_in_at_provider(client, provider)
    assert is_signed_in(client)
    assert (ASKED in client.get(MINE).text) == asked


def test_failure_of_the_provider_keeps_the_session(client_without_proof, settings):
    settings.IDENTITY_PROVIDER |= {"issuer": "http://127.0.0.1:9/realm"}  # nothing listens on this port
    assert client_without_proof.get(AGAIN)["Location"] == MINE
    assert DID_NOT_WORK in client_without_proof.get(MINE).text
    assert is_signed_in(client_without_proof)


def test_response_of_the_provider_is_valid_once(client_without_proof, provider):
    back = provider.sign_in(client_without_proof.get(AGAIN)["Location"])
    client_without_proof.get(back)
    make_stale(client_without_proof)
    client_without_proof.get(back)
    client_without_proof.get(f"{DONE}?code=x&state=y")
    assert ASKED in client_without_proof.get(MINE).text


def test_interrupted_form_waits_for_the_other_tab(client_without_proof, provider, without_password, admin):
    client, address = client_without_proof, f"/admin/users/edit/{admin.pk}/"
    builders.save_with(without_password, is_superuser=True)
    data = USER_DATA | {"username": "admin", "email": "new@example.org"}
    page = builders.parse(client.post(address, data))
    [link] = page.select(f"main a[href^='{START}'][target=_blank]")
    form = page.select_one("main form:has([name=reauthentication_was_posted])")
    fields = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    assert ASKED in client.post(address, fields).text
    assert email_of(admin) != "new@example.org"
    sign_in_at_provider(client, provider, link["href"])
    client.post(address, fields)
    assert email_of(admin) == "new@example.org"


def test_second_factor_is_asked_for_after_the_provider(without_password, provider, client, time_machine):
    second_factor.with_app(without_password)
    sign_in_at_provider(client, provider)
    second_factor.send_code(client, code_of())
    make_stale(client)
    sign_in_at_provider(client, provider, AGAIN)
    asked = client.get(MINE)
    assert builders.parse(asked).select("main [name=code]")
    time_machine.move_to(datetime.datetime.now(datetime.UTC) + STEP)
    assert answer(client, asked, code=code_of())["Location"] == MINE
    assert ASKED not in client.get(MINE).text


def test_pending_user_gives_the_proof_at_the_provider_too(settings, without_password, provider, client):
    settings.SECOND_FACTOR = "EVERYBODY"
    provider.lies = {"auth_time": None}
    sign_in_at_provider(client, provider)
    assert ASKED in client.get(PAGE).text
    provider.lies = {}
    sign_in_at_provider(client, provider, f"{START}?again=1&next={PAGE}")
    assert offers_new_app(client)
