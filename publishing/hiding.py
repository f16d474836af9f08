"""Hides a page from readers at once, and shows it again. The functions check no permissions."""

from django.db import transaction
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from caching.versioned_cache import cached, current_version
from publishing.models import HiddenPage

HIDE, SHOW = "publishing.hide", "publishing.show"  # actions in the history of a page
HELD = gettext_lazy(
    "This page is live, and held: readers don't see it until everything about the people in it is settled."
)


@transaction.atomic
def hide(page, user=None):
    """Hide `page`, with all pages below it, until `show_again`.

    `user`: the user who is named in the history. Return whether it was not hidden in this way before.
    """
    _row, is_new = HiddenPage.objects.get_or_create(page_id=page.pk, defaults={"user": user})
    if is_new:
        log(instance=page.specific_deferred, action=HIDE, user=user)
    return is_new


@transaction.atomic
def show_again(page, user=None):
    """Undo `hide`."""
    deleted, _by_model = HiddenPage.objects.filter(page_id=page.pk).delete()
    if deleted:
        log(instance=page.specific_deferred, action=SHOW, user=user)


def is_hidden_at_once(page):
    """Return whether somebody hid `page` itself, with `hide`. At most one query."""
    keys = HiddenPage.objects.values_list("page_id", flat=True)
    return page.pk in cached("hidden", lambda: set(keys), current_version())
