"""The trash: deleted pages stay in the tree for DAYS, where nobody finds or reads them, then are deleted.

A page in the trash is a draft, with all pages below it. publishing/conditions.py hides it from readers
even if something publishes it, and editing/access/page_policy.py from everybody in the admin. It has another
slug, so that a new page can have its address. The functions here check no permissions.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.shortcuts import get_object_or_404
from django.utils import timezone
from wagtail.actions.delete_page import DeletePageAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.coreutils import find_available_slug
from wagtail.log_actions import log
from wagtail.models import Page, Revision, WorkflowState

from publishing.models import TrashedPage
from publishing.visibility import is_below, is_known_below
from safeguarding.one_by_one import do_for_each
from safeguarding.readings import close_addresses

# For so many days a page can be restored.
DAYS = 30
TRASH, RESTORE = "publishing.trash", "publishing.restore"  # actions in the history of a page


class BelowTrashedPage(Exception):
    """A page can't be restored while a page above it is in the trash."""


# --- What is in the trash ------------------------------------------------------------------------


def in_trash():
    """Return the condition that a page is in the trash, for a queryset of pages."""
    return is_below(trash_roots)


def is_in_trash(page):
    """Return whether `page`, or a page above it, is in the trash: see is_known_below()."""
    return is_known_below(page, trash_roots)


def trash_roots():
    """Return the pages in the trash, without those below."""
    return Page.objects.filter(pk__in=TrashedPage.objects.values("page"))


# --- Moving, restoring, deleting -----------------------------------------------------------------


@transaction.atomic
def move_to_trash(page, user=None):
    """Unpublish `page`, with all pages below it, and put it in the trash.

    A page that is in the trash already, with a page above it, stays there. `user`: the user who is named in
    the trash and in the history.
    """
    if is_in_trash(page):
        return
    row = {"user": user, "slug": page.slug}
    _row, is_new = TrashedPage.objects.get_or_create(page_id=page.pk, defaults=row)
    if not is_new:  # Another request has just put it there, as after a double click.
        return
    unpublish_and_unschedule(page, user)
    close_addresses(page__path__startswith=page.path)
    set_slug(page, find_available_slug(page.get_parent(), f"trash-{page.pk}"))
    log(instance=page.specific, action=TRASH, user=user)


@transaction.atomic
def restore(trashed, user=None):
    """Make a draft of the page of the TrashedPage `trashed`, where it was. Pages below it are drafts too.

    It has its old slug, or the next one that is free. Raises BelowTrashedPage, and what `lock` raises.
    """
    lock(trashed)
    page = Page.objects.get(pk=trashed.page_id)
    if is_in_trash(page.get_parent()):
        raise BelowTrashedPage
    trashed.delete()
    unpublish_and_unschedule(page, user)  # again, because something may have published or scheduled it
    slug = find_available_slug(page.get_parent(), trashed.slug)
    set_slug(page, slug)
    if slug != trashed.slug and page.latest_revision_id:
        # Otherwise the next publication would give the page its old slug, which another page has now.
        draft, author = page.get_latest_revision_as_object(), page.latest_revision.user
        draft.slug = slug
        # The new version is by the author of the draft too, and not by `user`: who wrote a version may not
        # decide about the people in it (safeguarding/decisions.py).
        draft.save_revision(user=author, changed=False, clean=False)
    log(instance=page.specific, action=RESTORE, user=user)


@transaction.atomic
def delete_for_good(trashed, user=None):
    """Delete the page of the TrashedPage `trashed`, with all pages below it. Raises what `lock` raises."""
    lock(trashed)
    # Not execute(): editing/moderation/page_actions.py replaces it by a function that moves the page to the
    # trash.
    DeletePageAction(trashed.page.specific, user=user)._delete_page(trashed.page.specific)


def delete_expired():
    """Delete what has been in the trash for more than DAYS."""
    expired = TrashedPage.objects.filter(trashed_at__lt=timezone.now() - timedelta(days=DAYS))
    do_for_each(list(expired.order_by("page__path")), delete_if_there)


def delete_if_there(trashed, user=None):
    """Do as delete_for_good(), unless the page is gone, as after a page above it was deleted."""
    if TrashedPage.objects.filter(pk=trashed.pk).exists():
        delete_for_good(trashed, user)


def lock(trashed):
    """Lock the row of `trashed`. Raises Http404 if another request restored or deleted its page meanwhile."""
    get_object_or_404(TrashedPage.objects.select_for_update(), pk=trashed.pk)


def unpublish_and_unschedule(page, user):
    """Unpublish `page` and the pages below it, and end what would publish them later."""
    for live in Page.objects.descendant_of(page, inclusive=True).live().specific():
        UnpublishPageAction(live, user=user).execute(skip_permission_checks=True)
    # Revision and WorkflowState store the primary key of their object as text.
    keys = [str(key) for key in Page.objects.filter(path__startswith=page.path).values_list("pk", flat=True)]
    schedules = Revision.page_revisions.filter(approved_go_live_at__isnull=False)
    waiting = WorkflowState.objects.active().filter(base_content_type__model="page")
    for start in range(0, len(keys), 1000):  # in parts, because a query takes a limited number of parameters
        some = keys[start : start + 1000]
        schedules.filter(object_id__in=some).update(approved_go_live_at=None)
        for state in waiting.filter(object_id__in=some):
            state.cancel(user=user)
    page.refresh_from_db()


def set_slug(page, slug):
    """Change the slug of `page` and the addresses below it. Unlike Page.save(), this makes no redirect."""
    old = page.url_path
    page.slug = slug
    new = page.set_url_path(page.get_parent())
    Page.objects.filter(pk=page.pk).update(slug=slug)
    Page.objects.filter(path__startswith=page.path).update(
        url_path=Concat(Value(new), Substr("url_path", len(old) + 1))
    )
