"""Rules for Wagtail's actions on pages, wherever they are called: in a view, a bulk action or other code.

A hidden page is one that readers can't see although it is live: docs/decisions/public-pages.md.

Each function that replaces another has that as its `original`: editing/overrides/patches.py sets it.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.actions.copy_page import CopyPagePermissionError
from wagtail.models import Page

from editing.access.admin_access import editable_pages
from publishing.checks import errors_in, refuse_titles
from publishing.people import contributors_in
from publishing.trash import in_trash, is_in_trash, move_to_trash
from publishing.visibility import published_pages
from safeguarding.readings import copy_refusals
from safeguarding.releases import lock_people_of
from safeguarding.uses import Release
from safeguarding.withdrawal.tasks import is_one_held
from safeguarding.writers import copy_writers


def pages_of(action):
    """Return a queryset of the pages that `action`, a CopyPageAction, is for."""
    if action.recursive:
        return Page.objects.descendant_of(action.page, inclusive=True).exclude(in_trash())
    return Page.objects.filter(pk=action.page.pk)


def copy_page(self, skip_permission_checks=False):
    """Replace CopyPageAction.execute: copy only what the user may edit, and publish no copy of a hidden page.

    Wagtail asks only for the permission to add pages to the target. The owner of a copy may read its drafts.
    A copy of a page that its parent hides would be public.
    """
    if is_in_trash(self.page):
        raise CopyPagePermissionError("The page is in the trash.")
    pages = pages_of(self)
    if is_one_held(pages):
        # A person in it took back their consent. The withdrawal would neither hold nor change the copy. A
        # translation begins as a copy too.
        raise CopyPagePermissionError("A page to copy is held because of a withdrawal.")
    if self.user and pages.exclude(pk__in=editable_pages(self.user).values("pk")).exists():
        raise CopyPagePermissionError("You do not have permission to edit all the pages to copy.")
    if self.keep_live and pages.live().exclude(pk__in=published_pages().values("pk")).exists():
        self.keep_live = False
    self.process_child_object = remember_original(self.process_child_object)
    try:
        return copy_all(self, skip_permission_checks)
    except ValidationError as error:
        if not self.keep_live or not errors_in(error):
            raise
    # A copy can't be published because of the people in it: what was decided about the people in a page
    # doesn't count for its copies. So all copies become drafts.
    self.keep_live = False
    return copy_all(self, skip_permission_checks)


@transaction.atomic
def copy_all(action, skip_permission_checks):
    """Call Wagtail's method for `action`, a CopyPageAction. Return the copy."""
    lock_people_below(action)
    made = copy_page.original(action, skip_permission_checks=skip_permission_checks)
    # Wagtail checks the first copy only. The section with the copies may have another title now.
    refuse_titles(made, made.get_ancestors(inclusive=True))
    follow_originals(action, made)
    return discard_trash(action, made)


def follow_originals(action, made):
    """Note for `made` and the pages below it what their originals, below the page of `action`, were.

    A copy of a translation is one, also with nobody in it. Who wrote a text may not decide about its copy.
    """
    originals, copies = [action.page], [made]
    if action.recursive:
        originals, copies = (
            Page.objects.descendant_of(page, inclusive=True).order_by("path") for page in (action.page, made)
        )
    rows = Release.objects.filter(page__in=originals, other_language=True)
    translations = set(rows.values_list("page", flat=True))
    for original, copy in zip(originals, copies, strict=True):
        if original.pk in translations:
            Release.objects.filter(page=copy.pk).update(other_language=True)
        copy_writers(original, copy)
        copy_refusals(copy, translation_key=original.translation_key)


def remember_original(process):
    """Return a function that notes in a copy which page is its original.

    Wagtail calls it for each child object of the copy, such as a row with a person, before it saves the copy.
    The copy of a translation with people has to know its original: is_translation() in publishing/people.py.
    `process`: the function to call too, or None.
    """

    def remember(original, copy, *arguments):
        copy.copy_of = original.pk
        if process:
            process(original, copy, *arguments)

    return remember


def lock_people_below(action):
    """Lock the page that gets the copies, and everybody in the pages that `action` copies with those below.

    Otherwise each copy would lock its own people when it is saved, in another order than other changes do.
    On PostgreSQL, one of two such changes could be aborted.
    """
    if action.recursive:
        people = {key for page in pages_of(action).specific() for key in contributors_in(page)}
        lock_people_of([(action.to or action.page.get_parent()).pk], people)


def discard_trash(action, made):
    """Delete those pages below `made` whose originals, below the page of `action`, are in the trash.

    Wagtail copies the pages below a page in their order. Return `made`.
    """
    originals = Page.objects.descendant_of(action.page).order_by("path")
    trashed = set(originals.filter(in_trash()).values_list("pk", flat=True)) if action.recursive else set()
    if trashed:
        pairs = zip(originals, Page.objects.descendant_of(made).order_by("path"), strict=True)
        for copy in [copy for original, copy in pairs if original.pk in trashed]:
            # It may be gone already, with a page above it.
            Page.objects.filter(pk=copy.pk).delete()
        made.refresh_from_db()
    return made


def delete_page(self, *args, skip_permission_checks=False, **kwargs):
    """Replace DeletePageAction.execute: put a page that a user deletes into the trash.

    Code without a user, such as the scheduler, deletes for good.
    """
    if self.user is None:
        return delete_page.original(self, *args, skip_permission_checks=skip_permission_checks, **kwargs)
    if not is_in_trash(self.page):  # as when it was chosen together with the page above it
        self.check(skip_permission_checks=skip_permission_checks)
        move_to_trash(self.page, self.user)
    return None


def move_with_page_above(request, action_type, objects, view):
    """Hook: of pages that are moved at once, leave out those below another one, which move with it.

    Wagtail would move them by the paths that they had before.
    """
    if action_type == "move" and view.model is Page:
        objects[:] = [page for page in objects if not any(page.is_descendant_of(other) for other in objects)]
