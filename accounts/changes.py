"""Warns the owner by e-mail and ends other sessions when a password, e-mail address or second factor changes.

So the owner notices an attacker who changes one of them, and a stolen session ends. Making an account
inactive ends its sessions too.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.sessions import end_sessions
from publishing.mails import mail_later

# What the e-mail says about each change.
EMAIL_CHANGED = gettext_lazy(
    "The e-mail address of your account was changed. This message goes to the address that it had before."
)
PASSWORD_CHANGED = gettext_lazy("The password of your account was changed.")
APP_SET_UP = gettext_lazy("An app for codes was set up for your account. An earlier app no longer works.")
PASSKEY_ADDED = gettext_lazy("A passkey was added to your account.")
FACTOR_REMOVED = gettext_lazy("A passkey or the app for codes was removed from your account.")
FACTORS_RESET = gettext_lazy(
    "The app for codes, the passkeys and the recovery codes of your account were removed. You set up a second"
    " step anew when you next sign in."
)


def handle_access_change(user, message):
    """End the other sessions of `user`, and send them `message`, one of the sentences above."""
    end_sessions(user)
    notify(user, user.email, message)


def notify(user, email, message):
    """Send `message` about the account of `user` to the address `email` once the transaction commits."""

    def compose():
        host = urlsplit(settings.BASE_URL).hostname
        context = {"message": message, "name": user.get_username(), "site_url": settings.BASE_URL}
        text = render_to_string("accounts/access_changed.txt", context)
        return _("A change to your account at %s") % host, text

    if settings.SENDS_MAIL and email:
        mail_later([user], compose, email)


def detect_access_change(instance, update_fields, raw, **_arguments):
    """Notify the owner if the password or the e-mail address of the user `instance` changes.

    A new e-mail address also ends the user's other sessions, and so does making the account inactive. This is
    a receiver of `pre_save`, which every User.save() sends. `update_fields`: the names of the fields that are
    saved, or None for all. `raw` is true while a fixture is loaded.
    """
    fields = {"email", "password", "is_active"}
    if update_fields is not None:
        fields &= set(update_fields)
    stored = get_user_model().objects.filter(pk=instance.pk).first() if fields and not raw else None
    if not stored:
        return
    if "is_active" in fields and stored.is_active and not instance.is_active:
        # Otherwise they would go on when the account is made active again.
        end_sessions(instance)
    if "email" in fields and stored.email != instance.email:
        end_sessions(instance)
        notify(instance, stored.email, EMAIL_CHANGED)
    # Django sets `_password` in set_password(), but not when it only upgrades the hash of the same password.
    if "password" in fields and stored.password != instance.password and instance._password is not None:
        # The other sessions are invalid already: each holds a hash of the old password.
        notify(instance, stored.email, PASSWORD_CHANGED)
