"""Tells editors that a scheduled version of a page could not be published at its time. It stays scheduled."""

from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from wagtail.log_actions import log
from wagtail.models import PageLogEntry

from publishing.addresses import absolute
from publishing.mails import mail_later

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
    address = absolute(reverse("wagtailadmin_pages:edit", args=[page.pk]))

    def compose():
        text = render_to_string("stories/not_published.txt", {"address": address})
        return gettext("A page was not published"), text

    mail_later(users, compose)
