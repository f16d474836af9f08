"""Plans withdrawals and carries them out: the database in one transaction, files and caches in later tasks.

Where something is looked for, and how it is erased there, is defined in places.py. The tasks are in tasks.py,
and their steps in steps.py.
"""

import hashlib
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from caching.local_date import today
from safeguarding.models import Consent, Contributor, StopCode
from safeguarding.withdrawal.addresses import digest_of, paths_of
from safeguarding.withdrawal.cases import find_mentions, make_case, pages_about
from safeguarding.withdrawal.locking import lock_case, retry_conflicts
from safeguarding.withdrawal.pages import revisions_of
from safeguarding.withdrawal.places import Case, Place, places
from safeguarding.withdrawal.tasks import add_tasks, run_after_commit, step
from safeguarding.withdrawal.words import KEPT_FIELDS, has_unreadable_words
from safeguarding.withdrawal_models import Fingerprint, Ledger

# The last steps of every withdrawal, in the order in which they run. Before them, erase() adds "again", which
# every withdrawal has too, and where they are needed "file" and "purge".
STEPS = ("ledger", "uploads", "previews", "index", "vacuum")
# Those of STEPS that run again when something more was erased later. “uploads” is about files from before the
# withdrawal, so it runs once.
REPEATED = ("ledger", "previews", "index", "vacuum")


class PlanChanged(Exception):
    """Raised if what is found now differs from the plan that the lead confirmed."""


@dataclass
class Section:
    """What was found in a Place. `found`: a list of Found."""

    place: Place
    found: list

    @property
    def keys_by_title(self):
        """{title: list of keys}: the history of a page has many entries with the same title."""
        keys = {}
        for key, title in self.found:
            keys.setdefault(title, []).append(key)
        return keys


@dataclass
class Plan:
    """What a withdrawal would erase. `sections`: a Section for each registered Place."""

    case: Case
    sections: list

    @property
    def digest(self):
        """A hash of everything that was found."""
        found = [(section.place.name, section.found) for section in self.sections]
        return hashlib.sha256(json.dumps(found).encode()).hexdigest()

    @property
    def shown(self):
        """The sections in which something was found."""
        return [section for section in self.sections if section.found]


def make_plan(contributor):
    """Return the Plan for the withdrawal of `contributor`."""
    return plan_case(make_case(contributor))


def plan_case(case):
    """Return the Plan for `case`. Its `paths` are filled in first."""
    for page in case.erased.values():
        case.paths |= paths_of(page, [slug for reader in _former_slugs for slug in reader(page)])
    return Plan(case, [Section(place, place.find(case)) for place in places()])


_former_slugs = []


def knows_former_slugs(function):
    """Register a function that returns earlier slugs of a page, such as that before it was in the trash."""
    _former_slugs.append(function)
    return function


@retry_conflicts
@transaction.atomic
def withdraw(contributor, user=None, yes=(), seen=None):
    """Erase what the plan for `contributor` lists. Return the Withdrawal.

    `yes`: the (name of a place, key) pairs that a lead ticked. `seen`: the digest of the plan that the lead
    confirmed, or None for any plan. Raises PlanChanged if the plan has another digest now. `user`: the lead,
    a member of the group Safeguarding.
    """
    # get() reads the person each time that lock_case() calls the function, also after the rows are locked.
    people = Contributor.objects.filter(pk=contributor.pk)
    plan = plan_case(lock_case(lambda: make_case(people.get())))
    contributor = plan.case.contributor
    if seen is not None and seen != plan.digest:
        raise PlanChanged
    plan.case.withdrawal = contributor.withdrawals.create(code=contributor.code, user=user)
    erase(plan, set(yes))
    return plan.case.withdrawal


def erase(plan, yes=frozenset()):
    """Erase what `plan` lists, record the withdrawal, and add the tasks. It needs a transaction.

    The `withdrawal` of its case is stored already. Rows that need a yes of a lead are left if it is not in
    `yes`.
    """
    case = plan.case
    case.withdrawal.counts = erase_found(plan, yes)
    case.withdrawal.save(update_fields=["counts"])
    store_fingerprints(case)
    case.add_task("again", pages=list(case.erased))
    person, user = case.contributor, case.withdrawal.user
    if person:
        if not person.has_withdrawn:  # also if the person never agreed
            person.consents.create(event=Consent.Event.WITHDRAWN, given_on=today(), recorded_by=user)
        log(person, "safeguarding.withdraw", user=user)
        delete_contact(person)
    add_tasks(case.withdrawal, STEPS)
    run_after_commit()


def erase_found(plan, yes=frozenset()):
    """Erase what `plan` lists, and return {name of a place: number of erased rows}.

    The key “<name> left” has the number of the rows that were left: somebody has to erase them by hand, or a
    lead did not say yes.
    """
    case, counts = plan.case, {}
    for section in plan.sections:
        place, keys = section.place, [each.key for each in section.found]
        if place.by_hand:
            keys = []
        elif place.needs_yes:
            keys = [key for key in keys if (place.name, key) in yes]
        if keys:
            place.erase(case, keys)
            counts[place.name] = len(keys)
        if len(keys) < len(section.found):
            counts[f"{place.name} left"] = len(section.found) - len(keys)
    return counts


@step("again", _("Look for what was written meanwhile"), is_slow=True)
@transaction.atomic
def erase_again(task):
    """Erase what somebody stored while the transaction of the withdrawal ran, such as a copy or a picture."""
    revisions_of(task.data["pages"]).delete()
    withdrawal, person = task.withdrawal, task.withdrawal.contributor
    if person is None or not person.has_withdrawn:
        return
    case = lock_case(lambda: make_case(person))
    waiting = withdrawal.tasks.filter(step="purge", done_at=None).values_list("data__page", flat=True)
    new = pages_about(person, find_mentions()) - set(waiting)
    case.held = {key: page for key, page in case.held.items() if key in new}
    case.withdrawal = withdrawal
    erase_more(case)


def erase_more(case):
    """Erase what is found for `case`, whose `withdrawal` was carried out before. It needs a transaction."""
    withdrawal, counts = case.withdrawal, erase_found(plan_case(case))
    erased = {name: number for name, number in counts.items() if not name.endswith(" left")}
    if not erased:
        return
    for name, number in erased.items():
        withdrawal.counts[name] = withdrawal.counts.get(name, 0) + number
    withdrawal.save(update_fields=["counts"])
    store_fingerprints(case)
    add_tasks(withdrawal, REPEATED)


def store_fingerprints(case):
    """Store the digests of the erased addresses, stories and pictures of `case`."""
    salt, kind = Ledger.get().salt, Fingerprint.Kind
    digests = {(kind.ADDRESS, digest_of(path, salt)) for path in case.paths}
    digests |= {(kind.PICTURE, digest_of(each, salt)) for each in case.hashes}
    digests |= {(kind.STORY, digest_of(str(page.translation_key), salt)) for page in case.erased.values()}
    Fingerprint.add(case.withdrawal, digests)


def delete_contact(contributor):
    """Delete the restricted texts of `contributor` except the names and the protected words.

    The leak check finds these until no text has one: forgetting.py then deletes them. If no key decrypts one
    of the texts, all are deleted now, because they can't be looked for. A proposal ends, and its names and
    words are kept too. What the person answered about pages is deleted. If nothing is kept, the stop code is
    deleted too, because nothing is left to complete.
    """
    contributor.readings.all().delete()
    kept = () if has_unreadable_words(contributor) else KEPT_FIELDS
    contributor.take_over_proposal()
    contributor.save(update_fields=kept)
    contributor.delete_texts([name for name in Contributor.ENCRYPTED_FIELDS if name not in kept])
    if not any(getattr(contributor, name) for name in kept):
        StopCode.objects.filter(contributor=contributor).delete()
