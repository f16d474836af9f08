"""The second factor: codes of an authenticator app (TOTP), passkeys and recovery codes.

A pending user is one who has given the password and not yet the second factor that the account needs.
`request.user` is anonymous then, on every page of the site. The views that ask for the second factor, set it
up, or ask for the password again get the user from pending_user().
"""

import hashlib
import re
import secrets
import time
from base64 import b32encode
from binascii import unhexlify
from functools import partial

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.changes import APP_SET_UP, FACTOR_REMOVED, FACTORS_RESET, handle_access_change
from accounts.models import Passkey
from safeguarding.membership import check_change
from safeguarding.policies import is_lead

RECOVERY_CODE_COUNT = 10  # for each user
# Session key: when the user last gave a second factor, in seconds since 1970.
FACTOR_VERIFIED_AT = "factor_verified_at"
# Models of second factors. Recovery codes only replace a factor that is lost, so they are not in the list.
FACTORS = [TOTPDevice, Passkey]
# If SECOND_FACTOR is ADMINISTRATORS, users with one of these need a second factor, as superusers do.
USER_MANAGEMENT_PERMISSIONS = ["auth.add_user", "auth.change_user", "auth.add_group", "auth.change_group"]
# URL names in the admin that a pending user may open: the page for the second factor and what it loads,
# single sign-on, and what links in mails open. All others redirect to `second_factor`.
EXEMPT_URL_NAMES = {
    "invitation",
    "second_factor",
    "single_sign_on",
    "single_sign_on_done",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_password_reset_complete",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_sprite",
}


class SecondFactorMiddleware:
    """Makes pending users anonymous. It comes after the middleware of django.contrib.auth and django-otp."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.user = SimpleLazyObject(partial(known_user, request, request.user))
        request.auser = sync_to_async(partial(known_user, request, request.user))
        return self.get_response(request)

    def process_view(self, request, *_arguments):
        """Redirect a pending user from the admin, and from the login of private pages, to `second_factor`."""
        match = request.resolver_match
        needs_factor = match.route.startswith("admin/") or match.url_name == "wagtailcore_login"
        if not needs_factor or match.url_name in EXEMPT_URL_NAMES or not pending_user(request):
            return None
        target = request.GET.get("next") or request.path
        return redirect(f"{reverse('second_factor')}?{urlencode({'next': target})}")


def known_user(request, user):
    """Return `user`, or an anonymous user if the second factor is pending."""
    if user.is_authenticated and not user.is_verified() and (is_required(user) or has_factor(user)):
        request.pending_user = user
        return AnonymousUser()
    return user


def pending_user(request):
    """Return the pending user of the session, or None."""
    bool(request.user.is_authenticated)  # evaluates the lazy user: known_user() sets `request.pending_user`
    return getattr(request, "pending_user", None)


def is_required(user):
    """Return whether `user` has to have a second factor: by the setting SECOND_FACTOR, or as a lead."""
    # Leads need one whatever the setting says, except in development and in try-out mode (LOCAL).
    if not settings.LOCAL and is_lead(user):
        return True
    if settings.SECOND_FACTOR == "ADMINISTRATORS":
        return user.is_superuser or any(map(user.has_perm, USER_MANAGEMENT_PERMISSIONS))
    return settings.SECOND_FACTOR == "EVERYBODY"


def has_app(user):
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def has_factor(user):
    return any(model.objects.filter(user=user, confirmed=True).exists() for model in FACTORS)


def factors_of(user):
    return [device for model in FACTORS for device in model.objects.filter(user=user, confirmed=True)]


@transaction.atomic
def verify_code(user, code):
    """Return the app or the set of recovery codes of `user` for which `code` is valid, or None.

    A code is valid once. `code` may contain spaces and hyphens.
    """
    # An app shows six digits. All else can only be a recovery code.
    code = re.sub(r"[\s-]", "", code).lower()
    if re.fullmatch("[0-9]{6}", code):
        devices = TOTPDevice.objects.filter(user=user, confirmed=True)
    else:
        devices, code = StaticDevice.objects.filter(user=user, confirmed=True), _digest(code)
    return next((device for device in devices.select_for_update() if device.verify_token(code)), None)


@transaction.atomic
def add_app(user, key, code):
    """Register an authenticator app for `user` in place of an earlier one.

    Arguments:
        key: the shared secret in hexadecimal.
        code: the code of six digits that the app shows.
    Return the device, or None if the code is wrong.
    """
    totp = TOTP(unhexlify(key))
    totp.time = time.time()
    # Checked before the device exists, because TOTPDevice.verify_token() saves a device after a wrong code.
    # tolerance: a code may be one period of 30 seconds early or late.
    if not re.fullmatch("[0-9]{6}", code) or not totp.verify(int(code), tolerance=1):
        return None
    TOTPDevice.objects.filter(user=user).delete()
    handle_access_change(user, APP_SET_UP)
    # last_t: the period of this code, as verify() found it. Signing in needs a code of a later one.
    return TOTPDevice.objects.create(user=user, key=key, name="app", last_t=totp.t())


@transaction.atomic
def replace_recovery_codes(user):
    """Replace the recovery codes of `user`, who has just added a factor, and return the new ones.

    Return [] and change nothing if the user already got codes with another factor.
    """
    # The added factor is one of factors_of().
    if len(factors_of(user)) > 1 and StaticToken.objects.filter(device__user=user).exists():
        return []
    StaticDevice.objects.filter(user=user).delete()
    # 10 bytes are 16 letters and digits, which are shown in four groups.
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODE_COUNT)]
    paper = StaticDevice.objects.create(user=user, name="paper")
    StaticToken.objects.bulk_create([StaticToken(device=paper, token=_digest(code)) for code in codes])
    return ["-".join(re.findall("....", code)) for code in codes]


def mark_verified(request, device):
    """Store in the session that the user gave the second factor `device`, and change the session's key."""
    request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    request.session[FACTOR_VERIFIED_AT] = time.time()
    request.session.cycle_key()


@transaction.atomic
def remove(user, persistent_id):
    """Delete the factor of `user` with `persistent_id`. With the last factor, delete the recovery codes too.

    Return False, and delete nothing, if it is the last factor of a user who needs one. Return True
    otherwise, also if the user has no such factor.
    """
    # The lock makes simultaneous requests wait. Otherwise two of them could delete both of two factors.
    get_user_model().objects.select_for_update().get(pk=user.pk)
    factors = {device.persistent_id: device for device in factors_of(user)}
    if persistent_id in factors and len(factors) == 1:
        if is_required(user):
            return False
        delete_all(user)
        handle_access_change(user, FACTOR_REMOVED)
    elif persistent_id in factors:
        factors[persistent_id].delete()
        handle_access_change(user, FACTOR_REMOVED)
    return True


@transaction.atomic
def reset(user):
    """Delete all factors and recovery codes of a user who lost them, and notify the user."""
    check_change(user)
    delete_all(user)
    handle_access_change(user, FACTORS_RESET)


def delete_all(user):
    for model in (*FACTORS, StaticDevice):
        model.objects.filter(user=user).delete()


def _digest(code):
    # The codes have 80 random bits, so the hash needs no key, and they stay valid if the secret key changes.
    # StaticToken.token has room for 16 characters.
    return hashlib.sha256(code.encode()).hexdigest()[:16]
