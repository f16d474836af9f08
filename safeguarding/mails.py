"""Mails to the leads, each in the language of its reader. They show people by their codes."""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import override

from safeguarding.policies import leads

logger = logging.getLogger(__name__)


def mail_leads(subject, template, context):
    """Send a mail to every lead with an address. Return whether at least one was sent.

    Arguments:
        subject: a lazy text. It is followed by the host of the site.
        template: the name of the template of the text.
        context: its context. A function is called in the reader's language.
    """
    if not settings.SENDS_MAIL:
        return False
    sent = 0
    for user in leads().exclude(email="").select_related("wagtail_userprofile"):
        profile = getattr(user, "wagtail_userprofile", None)
        with override(profile.get_preferred_language() if profile else settings.LANGUAGE_CODE):
            text = render_to_string(template, context | {"site_url": settings.BASE_URL})
            try:
                title = f"{subject}: {urlsplit(settings.BASE_URL).hostname}"
                sent += send_mail(title, text, None, [user.email])
            except Exception:  # of the mail server, or of an address that can't be encoded
                logger.exception("A mail to a safeguarding lead could not be sent.")
    return sent > 0
