"""Passkeys (WebAuthn): what the browser is asked for, and whether its answer is right.

A passkey is one for the host at which it was made: a page at another address can't ask for it. Each challenge
belongs to one session and is good for one answer.
"""

import json
import re
from urllib.parse import urlsplit

import webauthn
from django.db import transaction
from django.utils.crypto import salted_hmac
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.changes import PASSKEY_ADDED, access_changed
from accounts.models import Passkey

TO_ADD, TO_GIVE = "passkey_to_add", "passkey_to_give"
# A stolen phone or stick is not enough: its owner's finger, face or PIN is asked for.
VERIFIED = UserVerificationRequirement.REQUIRED


def options_to_add(request, user):
    """Return, as JSON, what the browser needs to make a passkey for `user`."""
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name=_host(request),
        user_id=salted_hmac("passkey", str(user.pk), algorithm="sha256").digest(),
        user_name=user.get_username(),
        exclude_credentials=_known(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            # The name is known when it is asked for: a stick need not remember it.
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=VERIFIED,
        ),
    )
    request.session[TO_ADD] = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


def options_to_give(request, user):
    """Return, as JSON, what the browser needs to use a passkey of `user`; "" when they have none."""
    known = _known(user)
    if not known:
        return ""
    options = webauthn.generate_authentication_options(
        rp_id=_host(request), allow_credentials=known, user_verification=VERIFIED
    )
    request.session[TO_GIVE] = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


@transaction.atomic
def add(request, user, answer, name):
    """Return the new passkey that the browser's `answer` tells of; None when it is not right."""
    challenge = request.session.pop(TO_ADD, "")
    new = _verified(webauthn.verify_registration_response, request, challenge, answer)
    if not new:
        return None
    passkey, is_new = Passkey.objects.get_or_create(
        credential_id=bytes_to_base64url(new.credential_id),
        defaults={
            "user": user,
            "name": name,
            "public_key": new.credential_public_key,
            "sign_count": new.sign_count,
        },
    )
    if not is_new:
        return None
    access_changed(user, PASSKEY_ADDED)
    return passkey


@transaction.atomic
def accept(request, user, answer):
    """Return the passkey of `user` that gave `answer` to this session's challenge, or None."""
    challenge = request.session.pop(TO_GIVE, "")  # it is gone, whatever comes of it
    passkeys = Passkey.objects.select_for_update().filter(user=user, confirmed=True)
    passkey = passkeys.filter(credential_id=_id_in(answer)).first()
    used = passkey and _verified(
        webauthn.verify_authentication_response,
        request,
        challenge,
        answer,
        credential_public_key=bytes(passkey.public_key),
        credential_current_sign_count=passkey.sign_count,
    )
    if not used:
        return None
    passkey.sign_count = used.new_sign_count
    passkey.save(update_fields=["sign_count"])
    return passkey


def _verified(verify, request, challenge, answer, **known):
    """Return what `verify` finds in `answer`, or None."""
    if not challenge:
        return None
    try:
        return verify(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_host(request),
            expected_origin=f"{request.scheme}://{request.get_host()}",
            require_user_verification=True,
            **known,
        )
    except Exception:  # of many kinds, for the bytes may be anything
        return None


def _host(request):
    return urlsplit(f"//{request.get_host()}").hostname


def _known(user):
    ids = Passkey.objects.filter(user=user, confirmed=True).values_list("credential_id", flat=True)
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in ids]


def _id_in(answer):
    try:
        found = json.loads(answer)["id"]
        return found if re.fullmatch("[A-Za-z0-9_-]+", found) else ""
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
