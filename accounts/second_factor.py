"""The second factor: codes of an app on the phone (TOTP), passkeys, and recovery codes on paper.

A user who gave only the password, and needs a second factor, is anonymous on every page of the site. One page
is for such a pending user: it asks for a code or a passkey, or for the set-up of one where there is none.
"""

import hashlib
import re
import secrets
import time
from base64 import b32encode
from binascii import unhexlify
from functools import partial

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

from accounts.changes import APP_SET_UP, FACTOR_REMOVED, FACTORS_RESET, access_changed
from accounts.models import Passkey

CODES = 10
# Session key: when the user last gave a second factor, in seconds since 1970.
FACTOR_VERIFIED_AT = "factor_verified_at"
# Recovery codes are not in the list: they replace a factor that is lost.
FACTORS = [TOTPDevice, Passkey]
MANAGES_USERS = ["auth.add_user", "auth.change_user", "auth.add_group", "auth.change_group"]
# URL names that a pending user may open. All others in the admin redirect to `second_factor`.
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
    """Makes pending users anonymous. It follows the middleware of Django and of django-otp."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.user = SimpleLazyObject(partial(known_user, request, request.user))
        return self.get_response(request)

    def process_view(self, request, *_arguments):
        match = request.resolver_match
        is_door = match.route.startswith("admin/") or match.url_name == "wagtailcore_login"
        if not is_door or match.url_name in EXEMPT_URL_NAMES or request.user.is_authenticated:
            return None
        if not pending_user(request):
            return None
        target = request.GET.get("next") or request.path
        return redirect(f"{reverse('second_factor')}?{urlencode({'next': target})}")


def known_user(request, user):
    """Return `user`, or an anonymous user while the second factor is missing."""
    if user.is_authenticated and needs_verification(user):
        request.pending_user = user
        return AnonymousUser()
    return user


def pending_user(request):
    """Return the user who gave the password and not yet the second factor, or None."""
    bool(request.user.is_authenticated)  # it is looked up only when it is needed
    return getattr(request, "pending_user", None)


def needs_verification(user):
    """Return whether `user` has still to give a second factor, or to set one up."""
    return not user.is_verified() and (is_required(user) or has_factor(user))


def is_required(user):
    """Return whether the site demands a second factor of `user`."""
    if settings.SECOND_FACTOR == "ADMINISTRATORS":
        return user.is_superuser or any(map(user.has_perm, MANAGES_USERS))
    return settings.SECOND_FACTOR == "EVERYBODY"


def has_app(user):
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def has_factor(user):
    return any(model.objects.filter(user=user, confirmed=True).exists() for model in FACTORS)


def factors_of(user):
    return [device for model in FACTORS for device in model.objects.filter(user=user, confirmed=True)]


@transaction.atomic
def accept(user, code):
    """Return the device of `user` for which `code` is good at this moment, and now no more; or None."""
    code = re.sub(r"[\s-]", "", code).lower()
    if re.fullmatch("[0-9]{6}", code):
        devices = TOTPDevice.objects.filter(user=user, confirmed=True)
    else:
        devices, code = StaticDevice.objects.filter(user=user, confirmed=True), _digest(code)
    return next((device for device in devices.select_for_update() if device.verify_token(code)), None)


@transaction.atomic
def set_up(user, key, code):
    """Return the new app of `user` with `key`, when it shows `code`; else None."""
    shown = TOTP(unhexlify(key))
    shown.time = time.time()
    # Asked before there is a device: one that refuses a code saves itself.
    if not re.fullmatch("[0-9]{6}", code) or not shown.verify(int(code), tolerance=1):
        return None
    TOTPDevice.objects.filter(user=user).delete()
    access_changed(user, APP_SET_UP)
    return TOTPDevice.objects.create(user=user, key=key, name="app", last_t=shown.t())


@transaction.atomic
def recovery_codes(user):
    """Return new codes on paper for `user`; none when they have some that go with another factor."""
    if len(factors_of(user)) > 1 and StaticToken.objects.filter(device__user=user).exists():
        return []
    StaticDevice.objects.filter(user=user).delete()
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES)]
    paper = StaticDevice.objects.create(user=user, name="paper")
    StaticToken.objects.bulk_create([StaticToken(device=paper, token=_digest(code)) for code in codes])
    return ["-".join(re.findall("....", code)) for code in codes]


def mark_verified(request, device):
    """Note in the session that `device` was given as second factor; the session gets another key."""
    request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    request.session[FACTOR_VERIFIED_AT] = time.time()
    request.session.cycle_key()


@transaction.atomic
def remove(user, persistent_id):
    """Take one factor of `user` away; return whether that may be: not the last where one is required."""
    # Of two that come at once, the second sees what the first left.
    get_user_model().objects.select_for_update().get(pk=user.pk)
    factors = {device.persistent_id: device for device in factors_of(user)}
    if persistent_id in factors and len(factors) == 1:
        if is_required(user):
            return False
        delete_all(user)
        access_changed(user, FACTOR_REMOVED)
    elif persistent_id in factors:
        factors[persistent_id].delete()
        access_changed(user, FACTOR_REMOVED)
    return True


@transaction.atomic
def forget(user):
    """Remove all factors and recovery codes of a user who lost them, and tell the user."""
    delete_all(user)
    access_changed(user, FACTORS_RESET)


def delete_all(user):
    for model in (*FACTORS, StaticDevice):
        model.objects.filter(user=user).delete()


def _digest(code):
    # They are random enough to need no key, and so outlive a change of the secret key.
    return hashlib.sha256(code.encode()).hexdigest()[:16]
