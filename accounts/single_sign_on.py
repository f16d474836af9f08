"""Signing in with an identity provider (OpenID Connect).

The provider only confirms an e-mail address. An account with that address must exist here, and the
permissions are those of that account: docs/decisions/signing-in.md says why.
"""

import logging
import time
from datetime import timedelta
from functools import cache

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from accounts.reauthentication import PROBLEM, get_account, mark_identity_verified
from accounts.sessions import set_session_end
from accounts.views import next_url
from safeguarding.reading_start import handed_over_at

logger = logging.getLogger(__name__)

# Session keys: the address to redirect to afterwards, and when a user who is signed in here was asked to sign
# in again (None for a first sign-in).
TARGET, ASKED_AGAIN_AT = "single_sign_on_target", "single_sign_on_asked_again_at"
# How long a visitor has to sign in at the provider.
STARTED_FOR = timedelta(minutes=10)
# How many seconds the provider's clock may be behind ours.
CLOCK_SKEW = 60
# Allowed signatures of the ID token. Not "none", and not HS256 and its like, which sign with the client
# secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]


@never_cache
def sso_start(request):
    """View that redirects to the provider's sign-in page.

    With `again` in the query string, the provider must ask a user who is signed in here for the password
    again (or what it uses instead), even if it remembers the browser. With `fresh`, it must ask everybody.
    """
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    again = "fresh" in request.GET or ("again" in request.GET and get_account(request))
    try:
        address = request.build_absolute_uri(reverse("single_sign_on_done"))
        # With max_age, the provider must also send `auth_time` (OpenID Connect Core, section 2).
        parameters = {"prompt": "login", "max_age": 0} if again else {}
        response = get_client(**settings.IDENTITY_PROVIDER).authorize_redirect(request, address, **parameters)
    except Exception as error:  # the provider may return anything, or not respond
        return fail_verification(request, error) if again else refuse(request, error)
    if not get_account(request):
        # Anybody can make such a session, so it is deleted early.
        set_session_end(request.session, STARTED_FOR)
    request.session[TARGET] = next_url(request)
    request.session[ASKED_AGAIN_AT] = time.time() if again else None
    return response


@never_cache
def sso_callback(request):
    """View that the provider redirects to. It signs the user in, or records that the user signed in again."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    asked_at = request.session.pop(ASKED_AGAIN_AT, None)
    account = get_account(request)
    if asked_at and account:
        return verify_again(request, account, asked_at)
    if request.user.is_authenticated:
        # Going on would end this session, and any other site can link to this view.
        return redirect("wagtailadmin_home")
    target = request.session.get(TARGET)
    try:
        email, signed_in_at = verified_email(request)
    except Exception as error:
        return refuse(request, error)
    user = get_user_by_email(email)
    if not user:
        return refuse(request)
    if signed_in_at < (asked_at - CLOCK_SKEW if asked_at else handed_over_at(user)):
        # The provider remembers the browser. Whoever has the device now need not be its user.
        return refuse(request) if asked_at else redirect(f"{reverse('single_sign_on')}?fresh=1")
    request.session.flush()  # nothing of the visitor's session gets into the user's
    login(request, user)
    # The provider may remember the browser and not ask for the password, so the time in its token counts.
    mark_identity_verified(request, at=signed_in_at)
    return redirect(target or "wagtailadmin_home")


def verify_again(request, account, asked_at):
    """Record that `account` signed in at the provider after `asked_at`; redirect to the interrupted page."""
    target = request.session.pop(TARGET, None)
    try:
        email, signed_in_at = verified_email(request)
    except Exception as error:
        return fail_verification(request, error, target)
    if get_user_by_email(email) != account or signed_in_at < asked_at - CLOCK_SKEW:
        return fail_verification(request, None, target)
    mark_identity_verified(request)
    return redirect(target or "wagtailadmin_home")


def fail_verification(request, error, target=None):
    """Redirect to the page that asks for the proof, with an error message. The user stays signed in."""
    log_refusal(error)
    request.session[PROBLEM] = gettext("This did not work. Please try again.")
    return redirect(target or next_url(request))


def refuse(request, error=None):
    """End the session, and return the page that says that signing in failed, the same for every reason."""
    log_refusal(error)
    request.session.flush()
    return render(request, "accounts/single_sign_on_refused.html", status=403)


def log_refusal(error):
    """Log the type of `error`. Its message, and the user's address, are private."""
    logger.warning("Single sign-on was refused: %s", type(error).__name__ if error else "no such account")


@cache
def get_client(issuer, client_id, client_secret, **_others):
    """Return the OAuth client for a provider, settings.IDENTITY_PROVIDER."""
    # The client caches the provider's metadata, and fetches the keys again for an unknown key ID. The timeout
    # is in seconds.
    return OAuth().register(
        "provider",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": 5},
    )


def verified_email(request):
    """Fetch the token for the provider's redirect `request`, and verify it.

    Returns:
        The user's verified e-mail address, or "", and the time of the sign-in at the provider in seconds
        since 1970, or 0 if the token has none.

    Raises an exception of any kind if the token is invalid or the provider does not respond.
    """
    provider = settings.IDENTITY_PROVIDER
    client = get_client(**provider)
    # Authlib allows the algorithms that the provider's metadata lists, so the list is replaced.
    client.load_server_metadata()["id_token_signing_alg_values_supported"] = ALGORITHMS
    token = client.authorize_access_token(
        request,
        claims_options={
            "iss": {"essential": True, "value": provider["issuer"]},
            "aud": {"essential": True, "value": provider["client_id"]},
        },
    )
    claims = token["userinfo"]  # Authlib's name for the claims of the ID token
    # A time in the future, by a clock that is fast, would prolong the proof.
    signed_in_at = min(claims.get("auth_time") or 0, time.time())
    if "email" not in claims:
        more = client.userinfo(token=token)
        # The response may be about another user: OpenID Connect Core, section 5.3.2.
        claims = more if more["sub"] == claims["sub"] else {}
    return (claims.get("email", "") if claims.get("email_verified") is True else ""), signed_in_at


def get_user_by_email(email):
    """Return the active user with the e-mail address `email`; None if there is none, or more than one."""
    found = get_user_model().objects.filter(email__iexact=email) if email else []
    # Databases compare some different letters as equal, such as "ı" and "i", so only ASCII is accepted.
    if len(found) == 1 and found[0].is_active and (found[0].email + email).isascii():
        return found[0]
    return None
