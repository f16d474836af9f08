"""Mails to the leads, the members of the group Safeguarding, each in the language of its recipient."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import override
from wagtail.users.models import UserProfile

from safeguarding.policies import leads

logger = logging.getLogger(__name__)


def recipients():
    """Return the leads who get mails: those with an address. Without a mail server there are none."""
    return leads().exclude(email="") if settings.SENDS_MAIL else leads().none()


def mail_leads(subject, compose):
    """Send a mail to every lead with an address. Return whether at least one was sent.

    Arguments:
        subject: a lazy text.
        compose: a function that returns the text. It is called in the language of each recipient. The text
            calls people by their codes.
    """
    sent = 0
    for user in recipients():
        with override(UserProfile.get_for_user(user).get_preferred_language()):
            try:
                sent += send_mail(str(subject), compose(), None, [user.email])
            except Exception:  # of the mail server, or of an address that can't be encoded
                logger.exception("A mail to a safeguarding lead could not be sent.")
    return sent > 0
