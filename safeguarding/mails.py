"""Mails to leads, the members of the group Safeguarding, and others, each in the recipient's language.

All mails of the site are sent by send().
"""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import get_language, override
from wagtail.users.models import UserProfile

from safeguarding.policies import leads

logger = logging.getLogger(__name__)


def recipients():
    """Return the leads who get mails: those with an address. Without a mail server there are none."""
    return leads().exclude(email="") if settings.SENDS_MAIL else leads().none()


def mail_leads(subject, compose, others=()):
    """Send a mail to every lead with an address. Return the set of the addresses that got it.

    Arguments:
        subject: a lazy text.
        compose: a function that returns the text. It is called in the language of each recipient. The text
            calls people by their codes.
        others: users who get the mail too. They may be deleted by now.
    """
    sent = set()
    others = [user for user in others if user.email and settings.SENDS_MAIL]
    for email, key in {user.email: user.pk for user in [*recipients(), *others]}.items():
        profile = UserProfile.objects.filter(user=key).first()
        with override(profile.get_preferred_language() if profile else get_language()):
            if send(subject, compose(), email):
                sent.add(email)
    return sent


def mail_about(page, subject, compose, others=()):
    """Send a mail as mail_leads() does. It ends with the address at which leads decide about `page`."""
    address = settings.BASE_URL + reverse("safeguarding_decisions:page", args=[page.pk])
    mail_leads(subject, lambda: f"{compose()}\n\n{address}", others)


def send(subject, text, email):
    """Send a mail. Return whether it was sent. If it can't be sent, that is logged."""
    try:
        return settings.SENDS_MAIL and bool(send_mail(str(subject), text, None, [email]))
    except Exception:  # of the mail server, or of an address that can't be encoded
        logger.exception("A mail could not be sent.")
        return False
