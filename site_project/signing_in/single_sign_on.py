"""Signing in through an identity provider (OpenID Connect): it says whose an e-mail address is, no more.

It makes no account and gives no rights: docs/decisions/signing-in.md.
"""

import logging
from functools import cache

from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from site_project.signing_in.views import target_of

logger = logging.getLogger(__name__)

TARGET = "single_sign_on_target"
# None that a client secret, or nothing at all, could sign with.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]


@never_cache
def sso_start(request):
    """Send the browser to the provider."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    try:
        address = request.build_absolute_uri(reverse("single_sign_on_done"))
        response = provider().authorize_redirect(request, address)
    except Exception as error:  # the provider may answer anything, or nothing
        return refuse(request, error)
    request.session[TARGET] = target_of(request)
    return response


@never_cache
def sso_callback(request):
    """Sign in whom the provider sent back, if it is somebody known here."""
    if not settings.IDENTITY_PROVIDER:
        raise Http404
    if request.user.is_authenticated:
        # Else anybody's link could sign them out.
        return redirect("wagtailadmin_home")
    target = request.session.get(TARGET)
    try:
        email = verified_email(request)
    except Exception as error:
        return refuse(request, error)
    user = user_with(email)
    if not user:
        return refuse(request)
    request.session.flush()
    login(request, user, settings.AUTHENTICATION_BACKENDS[0])
    return redirect(target or "wagtailadmin_home")


def refuse(request, error=None):
    """Say no in the same words, whatever the reason; the log names its kind, and nobody."""
    logger.warning("Single sign-on was refused: %s", type(error).__name__ if error else "nobody here")
    request.session.flush()
    return render(request, "signing_in/single_sign_on_refused.html", status=403)


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
    """Return the e-mail address that the provider knows to be theirs who came back; "" when it does not."""
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
    if "email" not in claims:
        more = client.userinfo(token=token)
        claims = more if more["sub"] == claims["sub"] else {}
    return claims.get("email", "") if claims.get("email_verified") is True else ""


def user_with(email):
    """Return the one active user with this address, or None."""
    found = get_user_model().objects.filter(email__iexact=email) if email else []
    # Databases take letters for the same that are not: "ı" and "i" are two people's addresses.
    if len(found) == 1 and found[0].is_active and (found[0].email + email).isascii():
        return found[0]
    return None
