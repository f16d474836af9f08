"""Carries out a withdrawal again after the database was replaced by an older one, such as one from a backup.

The withdrawal is an entry of the ledger, a file outside of the database: safeguarding/withdrawal/ledger.py. A
page is known as an erased one by its translation key. One that only has the address of an erased page can be
the story of somebody else, so it is held (hidden from readers) until a lead, a member of the group
Safeguarding, decides.
"""

from contextlib import suppress

from django.db import transaction
from wagtail.models import Page

from safeguarding.encryption import has_keys
from safeguarding.holds import bring_back, is_held_after_restore, take_down
from safeguarding.leak_check.matching import make_phone_terms
from safeguarding.leak_check.words import ADDRESS
from safeguarding.models import Contributor, StopCode, Use
from safeguarding.scopes import LEVELS
from safeguarding.withdrawal.addresses import digest_of, path_at
from safeguarding.withdrawal.carry_out import erase, plan_case
from safeguarding.withdrawal.cases import is_erasable, make_case, stories_of
from safeguarding.withdrawal.locking import lock_case
from safeguarding.withdrawal.page_holds import hold_pages
from safeguarding.withdrawal.places import Case
from safeguarding.withdrawal.returned import AGAIN
from safeguarding.withdrawal_models import Fingerprint, Ledger, Restriction, Withdrawal


@transaction.atomic
def withdraw_again(entry, salt):
    """Carry out the withdrawal of the line `entry` of the ledger. `salt`: that of the site.

    Return True, or None if another process did it meanwhile.
    """
    # The lock makes other processes wait here.
    Ledger.objects.select_for_update().get()
    if Withdrawal.objects.filter(key=entry["key"]).exists():
        return
    case = lock_case(lambda: find_case(entry, salt))
    person = case.contributor
    case.withdrawal = Withdrawal.objects.create(key=entry["key"], contributor=person, code=entry["code"])
    contact = person.contact if person else ""
    erase(plan_case(case))
    if person and has_keys():
        keep_for_list(person, contact, case.paths)
    case.withdrawal.counts |= {AGAIN: 1}
    case.withdrawal.save(update_fields=["counts"])
    hold_pages(case.suspected.values(), entry["code"], case.withdrawal)
    # The ledger can have digests of addresses that are not in the backup.
    digests = [(kind, digest) for kind in Fingerprint.Kind for digest in entry.get(kind, ())]
    Fingerprint.add(case.withdrawal, digests)
    return True


def keep_for_list(person, contact, paths):
    """Make words of the numbers and mail addresses in `contact`, and of `paths`, those of the erased pages.

    The list that a lead reads next finds what mentions them. Paths are ordinary words, which erase no history
    of other pages. One with a single name in it could be a protected word.
    """
    numbers = [term.letters for term in make_phone_terms(contact)]
    paths = [path for path in sorted(paths) if "/" in path.strip("/")]
    person.protected_words = "\n".join([person.protected_words, *ADDRESS.findall(contact), *numbers]).strip()
    person.ordinary_words = "\n".join([person.ordinary_words, *paths]).strip()
    person.save(update_fields=["protected_words", "ordinary_words"])


@transaction.atomic
def restrict_again(entry):
    """Restrict again what the person of the line `entry` of the ledger agrees to, or hold the person's pages.

    If the entry is about a hold of the person, take the person down again, or bring the person back. If it is
    about a new stop code, store that.

    Return True, or None if another process did it meanwhile.
    """
    Ledger.objects.select_for_update().get()
    if Restriction.objects.filter(key=entry["key"]).exists():
        return
    restriction = Restriction(key=entry["key"], code=entry["code"], limits=entry["limits"])
    restriction.save()
    person = Contributor.objects.filter(code=entry["code"]).first()
    if person and "stop_code" in restriction.limits and not person.has_withdrawn:
        StopCode.objects.update_or_create(contributor=person, defaults=restriction.limits["stop_code"])
    elif person and "held" in restriction.limits:
        if restriction.limits["held"]:
            take_down(person, None, is_noted=False)
        elif not is_held_after_restore(person):
            bring_back(person, None, is_noted=False)
    elif person and not restriction.limits:
        hold_pages(Page.objects.live().filter(pk__in=person.uses.values("page")), person.code)
    elif person and (consent := person.latest_consent) and not person.has_withdrawn:
        # Stored as a new event.
        consent.pk, consent._state.adding = None, True
        consent.event, consent.recorded_by = consent.Event.CHANGED, None
        limits = restriction.limits
        for name in LEVELS:
            setattr(consent, name, min(getattr(consent, name), limits.get(name, 0)))
        consent.where = [each for each in consent.where if each in limits["where"]]
        consent.save()
    return True


def find_case(entry, salt):
    """Return the Case of `entry`. The arguments are those of `withdraw_again`."""
    person = Contributor.objects.filter(code=entry["code"]).first()
    case = make_case(person) if person else Case(None, entry["code"])
    case.is_known_picture = lambda file_hash: digest_of(file_hash, salt) in entry["picture"]
    for story, is_same in matching_stories(entry, salt):
        others = Use.objects.filter(page__in=story).exclude(contributor=person)
        is_erased = is_same and is_erasable(story) and not others.exists()
        for key in story.keys() - case.held.keys() - case.erased.keys():
            (case.erased if is_erased else case.suspected)[key] = story[key]
    return case


def matching_stories(entry, salt):
    """Yield (story, whether it was erased) for each that was erased, or has an address of an erased page.

    A story is {primary key: Page}: a page with its translations, which tell the same. The backup may have a
    version from before the person was in its list. It may also have the story of somebody else at the
    address.
    """
    addresses, stories = set(entry["address"]), set(entry.get("story", ()))
    pages = list(Page.objects.filter(depth__gt=1))
    same = {page.pk for page in pages if digest_of(str(page.translation_key), salt) in stories}
    found = {page.pk for page in pages if digest_of(path_at(page, page.url_path), salt) in addresses}
    for story in stories_of(found | same):
        yield story, not same.isdisjoint(story)


def hold_matching_pages(entry, salt):
    """Hold the pages that `entry`, which could not be carried out, may be about.

    All people are held because of such an entry, but these pages may list nobody.
    """
    with suppress(LookupError, TypeError), transaction.atomic():
        # A damaged entry can lack the digests.
        pages = [page for story, _is_same in matching_stories(entry, salt) for page in story.values()]
        # The column for the code has 10 characters.
        hold_pages(pages, str(entry.get("code", ""))[:10])
