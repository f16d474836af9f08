"""Signing in through an identity provider (OpenID Connect), which says whose an e-mail address is, no more.

It makes no account and gives no rights: docs/decisions/signing-in.md.
"""

import logging
import time
from functools import cache

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from accounts.reauthentication import PROBLEM, account_of, mark_identity_verified
from accounts.views import target_of

logger = logging.getLogger(__name__)

# Session keys: where to go afterwards, and when an account was asked to sign in again.
TARGET, ASKED_AGAIN_AT = "single_sign_on_target", "single_sign_on_asked_again_at"
# How many seconds the provider's clock may be behind.
CLOCK_SKEW = 60
# None of those that a client secret, or nothing at all, could sign with.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]


@never_cache
def sso_start(request):
    """Send the browser to the provider.

    With `again` in the address somebody who is signed in proves once more who they are: the provider asks
    for the password, or what it has in its place, even if it remembers the browser.
    """
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    again = "again" in request.GET and account_of(request)
    try:
        address = request.build_absolute_uri(reverse("single_sign_on_done"))
        wish = {"prompt": "login", "max_age": 0} if again else {}
        response = provider().authorize_redirect(request, address, **wish)
    except Exception as error:  # the provider may answer anything, or nothing
        return fail_again(request, error) if again else refuse(request, error)
    request.session[TARGET] = target_of(request)
    request.session[ASKED_AGAIN_AT] = time.time() if again else None
    return response


@never_cache
def sso_callback(request):
    """Sign in the user whom the provider sent back, or take the proof that `sso_start` asked for again."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    asked_at = request.session.pop(ASKED_AGAIN_AT, None)
    account = account_of(request)
    if asked_at and account:
        return verify_again(request, account, asked_at)
    if request.user.is_authenticated:
        # Otherwise a link from another site could sign the user out.
        return redirect("wagtailadmin_home")
    target = request.session.get(TARGET)
    try:
        email, signed_in_at = verified_email(request)
    except Exception as error:
        return refuse(request, error)
    user = user_with(email)
    if not user:
        return refuse(request)
    request.session.flush()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    # The provider may have remembered the browser: only the time that it names counts as proof.
    mark_identity_verified(request, at=signed_in_at)
    return redirect(target or "wagtailadmin_home")


def verify_again(request, account, asked_at):
    """Note that `account` signed in at the provider after `asked_at`, and go back to what was interrupted."""
    target = request.session.pop(TARGET, None)
    try:
        email, signed_in_at = verified_email(request)
    except Exception as error:
        return fail_again(request, error, target)
    if user_with(email) != account or signed_in_at < asked_at - CLOCK_SKEW:
        return fail_again(request, None, target)
    mark_identity_verified(request)
    return redirect(target or "wagtailadmin_home")


def fail_again(request, error, target=None):
    """Go back to the page that asks, which says that there is no proof; nobody is signed out."""
    log_refusal(error)
    request.session[PROBLEM] = gettext("This did not work. Please try again.")
    return redirect(target or target_of(request))


def refuse(request, error=None):
    """Return the page that refuses, in the same words for every reason."""
    log_refusal(error)
    request.session.flush()
    return render(request, "accounts/single_sign_on_refused.html", status=403)


def log_refusal(error):
    """Log the kind of `error`, and neither its message nor anybody's name."""
    logger.warning("Single sign-on was refused: %s", type(error).__name__ if error else "nobody here")


def provider():
    known = settings.IDENTITY_PROVIDER
    return _client(known["issuer"], known["client_id"], known["client_secret"])


@cache
def _client(issuer, client_id, client_secret):
    # It keeps what the provider says of itself, and asks anew for a key that it does not know.
    return OAuth().register(
        "provider",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": 5},
    )


def verified_email(request):
    """Return who the provider says came back, and when they signed in there.

    Returns:
        The verified e-mail address, or "", and the time in seconds since 1970, or 0 where it is not told.
    """
    client, known = provider(), settings.IDENTITY_PROVIDER
    client.load_server_metadata()["id_token_signing_alg_values_supported"] = ALGORITHMS
    token = client.authorize_access_token(
        request,
        claims_options={
            "iss": {"essential": True, "value": known["issuer"]},
            "aud": {"essential": True, "value": known["client_id"]},
        },
    )
    claims = token["userinfo"]
    signed_in_at = min(claims.get("auth_time") or 0, time.time())
    if "email" not in claims:
        more = client.userinfo(token=token)
        claims = more if more["sub"] == claims["sub"] else {}
    return (claims.get("email", "") if claims.get("email_verified") is True else ""), signed_in_at


def user_with(email):
    """Return the one active user with this address, or None."""
    found = get_user_model().objects.filter(email__iexact=email) if email else []
    # Databases take letters for the same that are not: "ı" and "i" are two people's addresses.
    if len(found) == 1 and found[0].is_active and (found[0].email + email).isascii():
        return found[0]
    return None
