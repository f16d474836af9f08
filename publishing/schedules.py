"""Publishes and unpublishes pages whose time has come.

Wagtail's command publish_scheduled does the same, but stops at the first page that fails: none of
the others would then be unpublished or published in time.
"""

from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, Revision

from safeguarding.one_by_one import do_for_each


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
        due.publish(log_action="wagtail.publish.scheduled")
        for page in find_expired().filter(pk=due.object_id):
            unpublish(page)
