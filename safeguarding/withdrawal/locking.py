"""Locks what a withdrawal changes in the order of all other changes: pages, then people.

Transactions that lock in different orders can wait for each other. PostgreSQL then aborts one of them.
"""

from functools import partial, wraps

from django.db import DatabaseError, connection
from django.db.models import Q
from wagtail.models import Page

from safeguarding.releases import lock_found, with_others
from safeguarding.uses import Use


def retry_conflicts(function):
    """Decorate `function`, a transaction: it is called again if the database ends it because of another one.

    Wagtail has transactions that lock rows before the page that these belong to, such as an autosave, an
    approval and a move. Others store a row that refers to one that is deleted, such as a tag.
    """

    @wraps(function)
    def call(*args, **kwargs):
        for tries_left in reversed(range(20)):
            try:
                return function(*args, **kwargs)
            except DatabaseError as error:
                # The codes of a deadlock and of a foreign key in PostgreSQL, and of a lock that another one
                # keeps for long in SQLite. A transaction around this one is aborted too.
                cause = error.__cause__
                code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", "")
                is_because_of_others = code in {"40P01", "23503", "SQLITE_BUSY"}
                if connection.in_atomic_block or not (tries_left and is_because_of_others):
                    raise

    return call


def lock_case(find):
    """Lock the pages of a Case, then its people, as when a page is published. Return the Case.

    `find`: function that returns the Case. It is called again after the rows are locked.
    """
    return lock_found(find, lock_pages_and_people, pages_to_lock)


def lock_pages_and_people(case):
    pages = pages_to_lock(case)
    lock_pages_with_parents(pages)
    lock_found(partial(people_to_lock, case.contributor, pages))


def pages_to_lock(case):
    """Return the primary keys of the pages that `case`, a Case, erases, holds or suspects."""
    return {*case.erased, *case.held, *case.suspected}


def people_to_lock(person, pages):
    """Return the primary keys of everybody who is in one of `pages`, or in a page together with `person`."""
    people = set(Use.objects.filter(page__in=pages).values_list("contributor", flat=True))
    return people | with_others(person.pk) if person else people


def lock_pages_with_parents(keys):
    """Lock pages, and their parents, whose numbers of children change when the pages are deleted.

    Whoever adds a page locks its parent first, and then people. `keys`: primary keys of the pages.
    """
    paths = Page.objects.filter(pk__in=keys).values_list("path", flat=True)
    # The path of a page in the tree is that of its parent with one more step.
    parents = {path[: -Page.steplen] for path in paths}
    rows = Page.objects.filter(Q(pk__in=keys) | Q(path__in=parents))
    # Without no_key, other than in lock_pages(): rows with a foreign key to these wait for the deletion.
    list(rows.select_for_update().order_by("pk").values_list("pk"))
