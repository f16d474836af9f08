"""Single sign-on: only users with an account here get in, and forged responses are refused."""

import datetime
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from joserfc.jwk import RSAKey

from tests.support import builders, identity_provider, signing_in
from tests.support.identity_provider import DONE, START, sign_in_at_provider
from tests.support.second_factor import PAGE, code_of, offers_new_app, send_code, with_app
from tests.support.signing_in import ACCOUNT, FOREIGN_TARGETS, NOON, account_form, email_of, is_signed_in

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def check_refused(client, response):
    """Assert that `response` refuses the sign-in, and that nothing is left in the session of `client`."""
    assert response.status_code == 403
    assert "This did not work." in builders.parse(response).main.text
    assert not client.session.items() and not is_signed_in(client)


# --- Accepted ------------------------------------------------------------------------------------


def test_user_with_an_account_signs_in(amina, provider, client, time_machine):
    now, users = datetime.datetime.now(datetime.UTC), [*get_user_model().objects.values("pk", "groups")]
    response = sign_in_at_provider(client, provider, f"{START}?next=/admin/reports/site-history/")
    assert response["Location"] == "/admin/reports/site-history/"
    assert is_signed_in(client)
    assert client.session["_auth_user_id"] == str(amina.pk)
    # Nothing is left of what authlib and the site stored in the session meanwhile.
    assert not [name for name in dict(client.session.items()) if name.startswith(("_state", "single"))]
    assert [*get_user_model().objects.values("pk", "groups")] == users
    assert not provider.refused
    for minutes, lasts in ((599, True), (601, False)):
        time_machine.move_to(now + datetime.timedelta(minutes=minutes))
        assert is_signed_in(client) == lasts, "a session ends after a work day of ten hours"


def test_request_has_state_nonce_and_pkce_challenge(provider, client):
    requests = [parse_qs(urlsplit(client.get(START)["Location"]).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert requests[0][name] != requests[1][name]
        assert len(requests[0][name][0]) >= 20
    assert requests[0]["code_challenge_method"] == ["S256"]
    assert requests[0]["redirect_uri"] == [f"http://testserver{DONE}"]
    assert identity_provider.SECRET not in str(requests)


def test_email_address_from_the_userinfo_endpoint(amina, provider, client):
    provider.userinfo = {"sub": "7", "email": "amina@example.org", "email_verified": True}
    sign_in_at_provider(client, provider, email=None, email_verified=None)
    assert is_signed_in(client)


def test_session_that_only_starts_a_sign_in_lasts_ten_minutes(provider, client, noon):
    client.get(START)
    assert Session.objects.get().expire_date == NOON + datetime.timedelta(minutes=10)


def test_second_factor_is_asked_for_after_single_sign_on(settings, amina, provider, client):
    settings.SECOND_FACTOR = "EVERYBODY"
    sign_in_at_provider(client, provider)
    assert not is_signed_in(client) and offers_new_app(client)
    settings.SECOND_FACTOR = "NOBODY"
    with_app(amina)
    other = Client()
    sign_in_at_provider(other, provider)
    assert other.get("/admin/")["Location"].startswith(PAGE)
    send_code(other, code_of())
    assert is_signed_in(other)


# --- Refused -------------------------------------------------------------------------------------


# Claims in the provider's token; None: the claim is missing.
CLAIMS = [
    *({"email": email} for email in ("nobody@example.org", "", None, ["amina@example.org"])),
    *({"email_verified": value} for value in (False, None, "true")),
]


@pytest.mark.parametrize("claims", CLAIMS)
def test_unknown_or_unverified_email_address_is_refused(amina, provider, client, claims):
    # The userinfo endpoint confirms the address for another user: the subject of the token is 7.
    provider.userinfo = {"sub": "8", "email": "amina@example.org", "email_verified": True}
    check_refused(client, sign_in_at_provider(client, provider, **claims))
    assert get_user_model().objects.get() == amina


def test_inactive_user_and_email_address_of_two_users_are_refused(amina, provider, client):
    other = builders.make_user("Editors", is_active=False, email="amina@example.org")
    check_refused(client, sign_in_at_provider(client, provider))
    other.delete()
    builders.save_with(amina, is_active=False)
    check_refused(client, sign_in_at_provider(client, provider))


@pytest.mark.parametrize("email", ["am\u0131na@example.org", "amina@example.org\u200b"])
def test_email_address_with_similar_letters_is_refused(amina, provider, client, email):
    check_refused(client, sign_in_at_provider(client, provider, email=email))
    builders.save_with(amina, email=email)
    check_refused(client, sign_in_at_provider(client, provider))


LIES = [
    *({"nonce": "another"}, {"nonce": None}, {"iss": "http://127.0.0.1:1/realm"}, {"iss": None}),
    *({"aud": "another-site"}, {"aud": "another-site", "azp": "stories"}, {"aud": None}),
    *({"exp": 1}, {"exp": None}),
]


@pytest.mark.parametrize("lies", LIES)
def test_token_for_another_sign_in_is_refused(amina, provider, client, lies):
    provider.lies = lies
    check_refused(client, sign_in_at_provider(client, provider))


# The token's header, and the error that is logged. The client's secret signs a token for HS256, and for RS256
# a key that the provider does not publish. The ID (kid) of the one that it publishes is 1.
@pytest.mark.parametrize(
    ("why", "algorithm", "key"),
    [
        ("BadSignatureError", "RS256", {"kid": "1"}),
        ("InvalidKeyIdError", "RS256", {"kid": "2"}),
        *(("UnsupportedAlgorithmError", algorithm, {"kid": "1"}) for algorithm in ("HS256", "none")),
        ("UnsupportedAlgorithmError", "none", {}),
    ],
)
def test_token_without_its_signature_is_refused(amina, provider, client, caplog, why, algorithm, key):
    provider.signs_with = RSAKey.generate_key(2048) if algorithm == "RS256" else None
    provider.header = {"alg": algorithm} | key
    check_refused(client, sign_in_at_provider(client, provider))
    assert why in caplog.text


def test_new_key_of_the_provider_is_fetched(amina, provider, client):
    sign_in_at_provider(Client(), provider)
    provider.key = provider.signs_with = RSAKey.generate_key(2048, {"kid": "2"})
    provider.header = {"alg": "RS256", "kid": "2"}
    sign_in_at_provider(client, provider)
    assert is_signed_in(client)


def test_wrong_state_or_another_session_is_refused(amina, provider, client):
    answer = provider.sign_in(client.get(START)["Location"])
    check_refused(client, client.get(answer.replace("state=", "state=x")))
    check_refused(client, client.get(answer))  # a refusal ends the session, so there is no second try
    other = Client()
    other.get(START)
    check_refused(other, other.get(answer))
    check_refused(Client(), Client().get(answer))


def test_code_that_another_browser_requested_is_refused(amina, provider, client):
    """PKCE: a code that an attacker intercepts does not work in another browser."""
    theirs = parse_qs(urlsplit(provider.sign_in(Client().get(START)["Location"])).query)
    mine = parse_qs(urlsplit(client.get(START)["Location"]).query)
    check_refused(client, client.get(DONE, {"code": theirs["code"][0], "state": mine["state"][0]}))
    assert provider.refused


def test_malformed_response_and_failing_provider_are_refused(settings, provider, client):
    for query in ("", "?error=access_denied", "?code=x", "?state=x", "?code=x&state=x"):
        client.get(START)
        check_refused(client, client.get(f"{DONE}{query}"))
    settings.IDENTITY_PROVIDER |= {"issuer": "http://127.0.0.1:9/realm"}  # nothing listens on this port
    check_refused(client, client.get(START))


def test_redirect_stays_on_this_site_and_link_from_another_one_keeps_the_session(amina, provider, client):
    for target in FOREIGN_TARGETS:
        response = sign_in_at_provider(client, provider, f"{START}?next={target}")
        assert response["Location"] == client.get(f"{DONE}?code=x&state=x")["Location"] == "/admin/", target
        assert is_signed_in(client)
        client.logout()


def test_logs_contain_no_names(amina, provider, client, caplog):
    caplog.set_level(logging.DEBUG, "accounts")
    sign_in_at_provider(client, provider, email="nobody@example.org")
    provider.lies = {"nonce": "another"}
    sign_in_at_provider(client, provider)
    words = ["Single sign-on was refused: no such account", "InvalidClaimError"]
    names = ["example.org", "amina", identity_provider.SECRET]
    assert [text for text in words + names if text in caplog.text] == words


def test_user_cannot_take_the_address_of_another_person(amina, provider, client):
    """Somebody who keeps the password of such an account could wait for that person to sign in to it."""
    own = signing_in.signed_in(amina)
    own.post(ACCOUNT, account_form(own, **{"email-email": "colleague@example.org"}))
    assert email_of(amina) == amina.email
    check_refused(client, sign_in_at_provider(client, provider, email="colleague@example.org"))


# --- Login page and settings ---------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/admin/login/", "/_util/login/"])
def test_button_is_shown_if_there_is_a_provider(settings, provider, client, page):
    [link] = builders.parse(client.get(f"{page}?next=/admin/reports/")).select(f"a[href^='{START}']")
    assert link.text == "Sign in with Our <b>school</b>"
    assert link["href"] == f"{START}?next=/admin/reports/"
    assert provider.issuer not in client.get(page).text, "no page loads anything from it"
    settings.IDENTITY_PROVIDER = {}
    assert START not in client.get(page).text
    addresses = (START, DONE, f"{DONE}?code=x&state=x")
    assert [client.get(address).status_code for address in addresses] == [404] * 3
