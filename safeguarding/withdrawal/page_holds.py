"""Holds pages that may be what was erased, after the database was replaced by an older one.

Readers don't see a held page until a lead, a member of the group Safeguarding, has decided about it.
"""

from django.db import transaction
from wagtail.log_actions import log
from wagtail.models import Page

from safeguarding.models import PageHold, Release
from safeguarding.releases import is_held, lock_people_of, recompute
from safeguarding.withdrawal.carry_out import erase_more
from safeguarding.withdrawal.cases import is_erasable, with_related_pages
from safeguarding.withdrawal.locking import lock_pages_with_parents, retry_deadlocks
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.tasks import run_after_commit
from safeguarding.withdrawal_models import Choice


def hold_pages(pages, code, withdrawal=None):
    """Hold `pages` because of the withdrawal of the person `code`. It needs a transaction.

    `withdrawal`: None if it could not be carried out.
    """
    lock_people_of([page.pk for page in pages], [])
    for page in pages:
        PageHold.objects.update_or_create(page=page, code=code, defaults={"withdrawal": withdrawal})
    Release.objects.filter(page__in=pages).update(until=None)


@transaction.atomic
def release_page(hold, user):
    """End `hold`, a PageHold, because the page is not what was erased. `user`: the lead.

    Return whether it is no longer held. There can be another hold, because of somebody else.
    """
    lock_people_of([hold.page_id], [])
    # Another lead may have erased the page meanwhile.
    if (page := Page.objects.filter(pk=hold.page_id).first()) is None:
        return False
    hold.delete()
    recompute([page.pk])
    log(page, "safeguarding.release_page", user=user)
    return not is_held(page)


@retry_deadlocks
@transaction.atomic
def erase_page(hold):
    """Erase the page of `hold`, a PageHold with a withdrawal, because it is what was erased.

    Its translations that are held too are erased with it. Return False if it is no longer
    held, or can't be erased because other pages are below it.
    """
    case = Case(None, Choice.EVERYTHING, hold.code, withdrawal=hold.withdrawal)
    held = PageHold.objects.filter(code=hold.code, page__in=with_related_pages(hold.page_id))
    lock_pages_with_parents(list(held.values_list("page", flat=True)))
    # Another lead may have decided meanwhile.
    case.erased = {each.page_id: each.page for each in held.select_related("page")}
    if hold.page_id not in case.erased or not is_erasable(case.erased):
        return False
    erase_more(case)
    run_after_commit()
    return True
