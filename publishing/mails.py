"""Sends mails to users of the admin, each in the language of the user."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from safeguarding.mails import send


def mail_later(users, compose, address=None):
    """Send a mail to each of `users` after the transaction. A mail that can't be sent is only logged.

    On SQLite, a slow mail server would block all writes during the transaction. `compose`: a function that
    returns the subject and the text. It is called in the language of each user. `address`: where to send the
    mail, if not to the address of the user.
    """

    def send_to_all():
        for user in users:
            profile = getattr(user, "wagtail_userprofile", None)
            with override(profile.get_preferred_language() if profile else settings.LANGUAGE_CODE):
                send(*compose(), address or user.email)

    transaction.on_commit(send_to_all, robust=True)
