"""Publishes and unpublishes pages whose time has come, and tells editors what could not be published.

Wagtail's command publish_scheduled does the same, but stops at the first page that fails: none of
the others would then be unpublished or published in time.
"""

from django.contrib.auth import get_user_model
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry, Revision

from publishing.addresses import absolute
from publishing.mails import mail_later
from safeguarding.one_by_one import do_for_each

# The `log_action` of Page.publish() when the time of a scheduled version has come.
BY_SCHEDULE = "wagtail.publish.scheduled"
# The action that Wagtail logs when somebody sets the time of a version.
TIME_SET = "wagtail.publish.schedule"
# Our own action in the page's history, by which tell_once() knows that it has told already.
NOT_PUBLISHED = "publishing.not_published"


def unpublish_expired():
    """Unpublish the live pages that have expired."""
    do_for_each(list(find_expired().order_by("expire_at")), unpublish)


def publish_due():
    """Publish the scheduled revisions whose time has come."""
    do_for_each(list(find_due().order_by("approved_go_live_at")), publish)


def find_expired():
    return Page.objects.filter(live=True, expire_at__lt=timezone.now())


def find_due():
    return Revision.objects.filter(approved_go_live_at__lt=timezone.now())


# An editor may have changed a page while those before it were done. So each is read again.


def unpublish(page):
    for expired in find_expired().filter(pk=page.pk):
        expired.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


@transaction.atomic
def publish(revision):
    """Publish `revision`. If its page has expired too, as after a pause of the scheduler, nobody sees it."""
    for due in find_due().filter(pk=revision.pk):
        due.publish(log_action=BY_SCHEDULE)
        for page in find_expired().filter(pk=due.object_id):
            unpublish(page)


def tell_once(page, revision):
    """Note in the history of `page` that `revision` was not published, unless that is noted already.

    Also send a mail to those who wrote the revision, own the page or scheduled it. SitePage.publish() calls
    this when the time has come.
    """
    entries = PageLogEntry.objects.filter(page=page.pk, revision=revision)
    if entries.filter(action=NOT_PUBLISHED).exists():
        return
    log(page, NOT_PUBLISHED, revision=revision)
    scheduled_by = entries.filter(action=TIME_SET).values_list("user", flat=True)
    keys = {revision.user_id, page.owner_id, *scheduled_by}
    users = list(get_user_model().objects.filter(pk__in=keys, is_active=True).exclude(email=""))
    address = absolute(reverse("wagtailadmin_pages:edit", args=[page.pk]))

    def compose():
        text = render_to_string("publishing/not_published.txt", {"address": address})
        return gettext("A page was not published"), text

    mail_later(users, compose)
