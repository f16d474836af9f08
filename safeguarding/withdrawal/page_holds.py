"""Holds pages that may be what was erased, after a restore, and pages that say a new protected word.

Readers don't see a held page until a lead, a member of the group Safeguarding, has decided about it, or until
it is published without the word.
"""

from django.db import transaction
from django.dispatch import receiver
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.signals import page_published

from safeguarding.leak_check.checking import check
from safeguarding.leak_check.words import words_of_person
from safeguarding.models import Contributor, PageHold, Release
from safeguarding.releases import lock_people_of, recompute, waits_for_lead
from safeguarding.withdrawal.carry_out import erase_more
from safeguarding.withdrawal.cases import is_erasable, with_related_pages
from safeguarding.withdrawal.locking import lock_pages_with_parents, retry_conflicts
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.tasks import note_restriction, run_after_commit
from safeguarding.withdrawal.words import has_unreadable_words


def hold_pages(pages, code, withdrawal=None, says_word=False):
    """Hold `pages` because of the person `code`. It needs a transaction.

    `withdrawal`: the one that was carried out again, or None. `says_word`: whether it is because of a word.
    """
    lock_people_of([page.pk for page in pages], [])
    for page in pages:
        PageHold.objects.update_or_create(
            page=page, code=code, says_word=says_word, defaults={"withdrawal": withdrawal}
        )
    Release.objects.filter(page__in=pages).update(until=None)


def hold_pages_that_say(words, person):
    """Hold the live pages with `person` that could not be published with one of `words`, ProtectedWords."""
    pages = Page.objects.live().filter(pk__in=person.uses.values("page")).specific()
    pages = [page for page in pages if check(page, words).stops]
    hold_pages(pages, person.code, says_word=True)
    if pages:
        note_restriction(person)


@receiver(page_published)
@transaction.atomic
def end_word_holds(instance, **_arguments):
    """Signal receiver: end the holds of a page that is published without the words of the person."""
    if not PageHold.objects.filter(page=instance.pk, says_word=True).exists():
        return
    lock_people_of([instance.pk], [])
    for hold in PageHold.objects.filter(page=instance.pk, says_word=True):
        person = Contributor.objects.filter(code=hold.code).first()
        # If the words were deleted, nobody can tell, and a lead decides. So it is while the person is held.
        is_known = person and not person.held_since and not has_unreadable_words(person)
        words = words_of_person(person) if is_known else ()
        # Also if the page no longer lists the person, whose words would then only be warnings.
        words = [word for word in words if not word.is_ordinary]
        if words and not check(instance, words):
            hold.delete()
    recompute([instance.pk])


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
    return not waits_for_lead(page)


@retry_conflicts
@transaction.atomic
def erase_page(hold):
    """Erase the page of `hold`, a PageHold with a withdrawal, because it is what was erased.

    Its translations that are held too are erased with it. Return False if it is no longer held, or can't be
    erased because other pages are below it.
    """
    case = Case(None, hold.code, withdrawal=hold.withdrawal)
    held = PageHold.objects.filter(code=hold.code, says_word=False, page__in=with_related_pages(hold.page_id))
    lock_pages_with_parents(list(held.values_list("page", flat=True)))
    # Another lead may have decided meanwhile.
    case.erased = {each.page_id: each.page for each in held.select_related("page")}
    if hold.page_id not in case.erased or not is_erasable(case.erased):
        return False
    erase_more(case)
    run_after_commit()
    return True
