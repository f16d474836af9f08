"""Tells editors that a scheduled version of a page could not be published at its time. It stays scheduled."""

import logging

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.admin.utils import get_admin_base_url
from wagtail.log_actions import log
from wagtail.models import PageLogEntry
from wagtail.users.models import UserProfile

logger = logging.getLogger(__name__)

# The `log_action` that Wagtail passes to Page.publish() when the time of a scheduled version has come.
BY_SCHEDULE = "wagtail.publish.scheduled"
# The action in the page's history.
NOT_PUBLISHED = "stories.not_published"


def tell_once(page, revision):
    """Note in the history of `page` that `revision` was not published, unless that is noted already.

    Also send a mail to those who wrote the revision, own the page or scheduled it.
    """
    entries = PageLogEntry.objects.filter(page=page.pk, revision=revision)
    if entries.filter(action=NOT_PUBLISHED).exists():
        return
    log(page, NOT_PUBLISHED, revision=revision)
    scheduled_by = entries.filter(action="wagtail.publish.schedule").values_list("user", flat=True)
    keys = {revision.user_id, page.owner_id, *scheduled_by}
    users = list(get_user_model().objects.filter(pk__in=keys, is_active=True).exclude(email=""))

    def send():
        for user in users:
            try:
                mail(user, page)
            except Exception:  # of the mail server, or of an address that can't be encoded
                # The entry in the history is enough.
                logger.warning("A mail about page %s could not be sent.", page.pk)

    # Not in the transaction of publishing/schedules.py. On SQLite, a slow mail server would block all writes.
    transaction.on_commit(send)


def mail(user, page):
    with override(UserProfile.get_for_user(user).get_preferred_language()):
        text = _(
            "A page was to be published now, and was not: something is missing, or open about its people. "
            "It stays scheduled, and is published as soon as that is settled. “Publish” in its editor "
            "says what is missing:\n\n%(address)s"
        )
        address = f"{get_admin_base_url()}/admin/pages/{page.pk}/edit/"
        send_mail(_("A page was not published"), text % {"address": address}, None, [user.email])
