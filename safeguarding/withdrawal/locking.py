"""Locks what a withdrawal changes in the order of all other changes: pages, then people.

Transactions that lock in different orders can wait for each other. PostgreSQL then aborts one of them.
"""

from django.db import transaction
from django.db.models import Q
from wagtail.models import Page

from safeguarding.releases import lock_with_others


def lock_case(find):
    """Lock the pages of a Case, then its people, as when a page is published. Return the Case.

    `find`: function that returns the Case. It is called again after the rows are locked. If there are further
    pages then, all rows are unlocked, and locked again together with those of the new pages.
    """
    needed = pages_to_lock(find())
    while True:
        savepoint = transaction.savepoint_create()
        lock_pages_with_parents(needed)
        case = find()
        if case.contributor:
            lock_with_others(case.contributor.pk)
            case = find()
        found = pages_to_lock(case)
        if found <= needed:
            transaction.savepoint_commit(savepoint)
            return case
        transaction.savepoint_rollback(savepoint)
        needed |= found


def pages_to_lock(case):
    """Return the primary keys of the pages that `case` erases or holds."""
    return {*case.erased, *case.held}


def lock_pages_with_parents(keys):
    """Lock pages, and their parents, whose numbers of children change when the pages are deleted.

    Whoever adds a page locks its parent first, and then people. `keys`: primary keys of the pages.
    """
    paths = Page.objects.filter(pk__in=keys).values_list("path", flat=True)
    parents = {path[: -Page.steplen] for path in paths}
    rows = Page.objects.filter(Q(pk__in=keys) | Q(path__in=parents))
    list(rows.select_for_update().order_by("pk").values_list("pk"))
