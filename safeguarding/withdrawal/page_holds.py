"""Holds pages that may be what was erased, after the database was replaced by an older one.

A lead decides about each.
"""

from django.db import transaction
from wagtail.log_actions import log

from safeguarding.models import PageHold, Release
from safeguarding.releases import lock_people_of, recompute
from safeguarding.withdrawal.carry_out import erase_more
from safeguarding.withdrawal.locking import lock_pages_with_parents
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.tasks import run_after_commit
from safeguarding.withdrawals import Choice


def hold_pages(pages, code, withdrawal=None):
    """Hold `pages` because of the withdrawal of the person `code`. It needs a transaction.

    `withdrawal`: None if it could not be carried out.
    """
    lock_people_of([page.pk for page in pages], [])
    for page in pages:
        PageHold.objects.update_or_create(page=page, defaults={"code": code, "withdrawal": withdrawal})
    Release.objects.filter(page__in=pages).update(until=None)


@transaction.atomic
def release_page(hold, user):
    """End `hold`, a PageHold, because the page is not what was erased. `user`: the lead."""
    page = hold.page
    lock_people_of([page.pk], [])
    hold.delete()
    recompute([page.pk])
    log(page, "safeguarding.release_page", user=user)


@transaction.atomic
def erase_page(hold):
    """Erase the page of `hold`, a PageHold with a withdrawal, because it is what was erased."""
    lock_pages_with_parents([hold.page_id])
    case = Case(None, Choice.EVERYTHING, hold.code, withdrawal=hold.withdrawal)
    case.erased[hold.page_id] = hold.page
    erase_more(case)
    run_after_commit()
