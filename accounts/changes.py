"""What follows a change to what lets somebody into an account: a mail to its owner, and no other session."""

import logging
import smtplib
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import is_password_usable
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.sessions import end_sessions

logger = logging.getLogger(__name__)

EMAIL = gettext_lazy(
    "The e-mail address of your account was changed. This message goes to the address that it had before."
)
PASSWORD = gettext_lazy("The password of your account was changed.")
APP_SET_UP = gettext_lazy("An app for codes was set up for your account. Another one is accepted no longer.")
PASSKEY_ADDED = gettext_lazy("A passkey was added to your account.")
FACTOR_REMOVED = gettext_lazy("A passkey or the app for codes was removed from your account.")
FACTORS_RESET = gettext_lazy(
    "The app for codes, the passkeys and the recovery codes of your account were removed. You set up a second"
    " step anew when you next sign in."
)


def access_changed(user, what):
    """End the sessions of `user` but the acting one, and send the mail that says `what` was changed."""
    end_sessions(user)
    notify(user, user.email, what)


def notify(user, email, what):
    """Tell the owner of an account, at `email`, `what` was changed; once the change is committed."""
    if settings.SENDS_MAIL and email:
        transaction.on_commit(partial(_send, user, email, what), robust=True)


def watch_user(instance, update_fields=None, raw=False, **_arguments):
    """Compare a user that is about to be saved with what is stored: each way to change it comes by here."""
    fields = {"email", "password"} & set(
        update_fields if update_fields is not None else ["email", "password"]
    )
    stored = get_user_model().objects.filter(pk=instance.pk).first() if fields and not raw else None
    if not stored:
        return
    if "email" in fields and stored.email != instance.email:
        end_sessions(instance)
        notify(instance, stored.email, EMAIL)
    # Django sets `_password` with a new password, and not when it only stores the same one in a newer form.
    is_new = "password" in fields and stored.password != instance.password and instance._password is not None
    if is_new and is_password_usable(instance.password):
        # Sessions end by themselves: they hold a hash of the password.
        notify(instance, stored.email, PASSWORD)


def _send(user, email, what):
    profile = getattr(user, "wagtail_userprofile", None)
    with override(profile.get_preferred_language() if profile else settings.LANGUAGE_CODE):
        host = urlsplit(settings.BASE_URL).hostname
        context = {"what": what, "name": user.get_username(), "site_url": settings.BASE_URL}
        text = render_to_string("accounts/access_changed.txt", context)
        try:
            send_mail(_("A change to your account at %s") % host, text, None, [email])
        except (OSError, smtplib.SMTPException):
            logger.exception("A mail about a changed account could not be sent.")
