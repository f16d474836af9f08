"""Passkeys (WebAuthn): the options that the browser gets, and the verification of its answers.

A passkey works only on the host that it was registered for. Each challenge belongs to one session and is
valid for one answer. The terms are those of https://www.w3.org/TR/webauthn-3/.
"""

from urllib.parse import urlsplit

import webauthn
from django.db import transaction
from django.utils.crypto import salted_hmac
from webauthn import helpers

from accounts.changes import PASSKEY_ADDED, handle_access_change
from accounts.models import Passkey

# Session keys.
REGISTRATION_CHALLENGE = "passkey_registration_challenge"
AUTHENTICATION_CHALLENGE = "passkey_authentication_challenge"
# The device must check its owner's fingerprint, face or PIN, so that a stolen device is not enough.
USER_VERIFICATION = helpers.structs.UserVerificationRequirement.REQUIRED
# In bytes. WebAuthn allows no longer IDs of credentials, and our column has no room for them.
MAX_ID_LENGTH = 1023


def registration_options(request, user):
    """Return the JSON options with which the browser creates a passkey for `user`; store the challenge."""
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name=_host(request),
        # The authenticator stores this ID, which must not identify the user (section 14.6.1).
        user_id=salted_hmac("passkey", str(user.pk), algorithm="sha256").digest(),
        user_name=user.get_username(),
        exclude_credentials=_descriptors(user),
        authenticator_selection=helpers.structs.AuthenticatorSelectionCriteria(
            # The user is known by the password, so the authenticator need not store the user name.
            resident_key=helpers.structs.ResidentKeyRequirement.DISCOURAGED,
            user_verification=USER_VERIFICATION,
        ),
    )
    request.session[REGISTRATION_CHALLENGE] = helpers.bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


def authentication_options(request, user):
    """Return the JSON options with which the browser uses a passkey of `user`; store the challenge.

    Return "" if the user has no passkey.
    """
    known = _descriptors(user)
    if not known:
        return ""
    options = webauthn.generate_authentication_options(
        rp_id=_host(request), allow_credentials=known, user_verification=USER_VERIFICATION
    )
    request.session[AUTHENTICATION_CHALLENGE] = helpers.bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options)


@transaction.atomic
def add(request, user, answer, name):
    """Store a new passkey of `user`.

    Arguments:
        answer: the JSON of the credential that the browser created.
        name: the name that the user gives to the passkey.
    Return the passkey, or None if the answer is invalid or the passkey is registered already.
    """
    challenge = request.session.pop(REGISTRATION_CHALLENGE, "")
    new = _verify(webauthn.verify_registration_response, request, challenge, answer)
    if not new or len(new.credential_id) > MAX_ID_LENGTH:
        return None
    passkey, is_new = Passkey.objects.get_or_create(
        credential_id=helpers.bytes_to_base64url(new.credential_id),
        defaults={
            "user": user,
            "name": name,
            "public_key": new.credential_public_key,
            "sign_count": new.sign_count,
        },
    )
    if not is_new:
        return None
    handle_access_change(user, PASSKEY_ADDED)
    return passkey


@transaction.atomic
def verify(request, user, answer):
    """Return the passkey of `user` that signed this session's challenge, and store its new count; or None.

    `answer` is the JSON of the assertion that the browser returned.
    """
    challenge = request.session.pop(AUTHENTICATION_CHALLENGE, "")
    passkeys = Passkey.objects.select_for_update().filter(user=user, confirmed=True)
    passkey = passkeys.filter(credential_id=_credential_id(answer)).first()
    used = passkey and _verify(
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


def _verify(library_function, request, challenge, answer, **known):
    """Return the result of one of webauthn's verify functions, or None if the answer is invalid."""
    if not challenge:
        return None
    try:
        return library_function(
            credential=answer,
            expected_challenge=helpers.base64url_to_bytes(challenge),
            expected_rp_id=_host(request),
            expected_origin=f"{request.scheme}://{request.get_host()}",
            require_user_verification=True,
            **known,
        )
    except Exception:  # malformed answers raise exceptions of many kinds
        return None


def _host(request):
    # Without the port, which is not part of a relying party's ID.
    return urlsplit(f"//{request.get_host()}").hostname


def _descriptors(user):
    ids = Passkey.objects.filter(user=user, confirmed=True).values_list("credential_id", flat=True)
    return [helpers.structs.PublicKeyCredentialDescriptor(id=helpers.base64url_to_bytes(key)) for key in ids]


def _credential_id(answer):
    """Return the ID of the credential in `answer` in base64url, or "" if the answer is malformed."""
    try:
        return helpers.bytes_to_base64url(helpers.parse_authentication_credential_json(answer).raw_id)
    except Exception:  # as in _verify()
        return ""
