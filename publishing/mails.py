"""Sends mails to users of the admin, each in the language of the user."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import override

logger = logging.getLogger(__name__)


def mail_later(users, compose, address=None):
    """Send a mail to each of `users` after the transaction. A mail that can't be sent is only logged.

    On SQLite, a slow mail server would block all writes during the transaction. `compose`: a function that
    returns the subject and the text. It is called in the language of each user. `address`: where to send the
    mail, if not to the address of the user.
    """

    def send():
        for user in users:
            profile = getattr(user, "wagtail_userprofile", None)
            with override(profile.get_preferred_language() if profile else settings.LANGUAGE_CODE):
                try:
                    send_mail(*compose(), None, [address or user.email])
                except Exception:  # of the mail server, or of an address that can't be encoded
                    logger.exception("A mail could not be sent.")

    transaction.on_commit(send, robust=True)
