"""Deletes the names and protected words of people who withdrew, as soon as no text holds one.

The leak check needs them until then. A lead, a member of the group Safeguarding, can have them deleted
before ("Complete").

Deletes the labels of people who were never asked, together with the last page that lists them.
"""

from collections import defaultdict
from contextlib import nullcontext
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision

from caching.local_date import today
from safeguarding.leak_check.rows import find_rows, mentions
from safeguarding.leak_check.sources import source_of
from safeguarding.models import Contributor, Reading, SecondReader, StopCode
from safeguarding.one_by_one import do_for_each
from safeguarding.releases import lock_pages, lock_with_others
from safeguarding.status import add_months
from safeguarding.withdrawal.carry_out import REPEATED
from safeguarding.withdrawal.cases import read_versions
from safeguarding.withdrawal.elsewhere import find_elsewhere, words_to_change
from safeguarding.withdrawal.pages import delete_versions, revisions_of
from safeguarding.withdrawal.places import Case, TextPlace
from safeguarding.withdrawal.returned import find_returned
from safeguarding.withdrawal.steps import save_current_anew
from safeguarding.withdrawal.tasks import add_tasks, step
from safeguarding.withdrawal.words import KEPT_FIELDS, has_unreadable_words
from safeguarding.withdrawal_models import WithdrawalTask
from safeguarding.writers import keep_writers

LOGS = (PageLogEntry, ModelLogEntry)
# How long the name and address of a second reader are kept.
READERS_KEPT = timedelta(days=60)


def forget_words():
    """Delete the words of all who withdrew and of whom no text holds one. It is done once a night."""
    do_for_each(Contributor.objects.exclude(withdrawals=None), forget_unless_held)


def forget_labels():
    """Delete labels and proposals of people without a consent, whom no version of a page lists any more.

    Somebody may be writing the first page with a person who was added today. Delete second readers too, some
    time after they were named, and as long after an answer to a reading as names are kept, its words.
    """
    listed = {contributor for _page, contributor, _is_current in read_versions()}
    people = Contributor.objects.filter(consents=None, uses=None, created_at__date__lt=today())
    people.exclude(pk__in=listed).update(label="", proposal="", proposed_at=None)
    SecondReader.objects.filter(named_at__lt=timezone.now() - READERS_KEPT).delete()
    day = add_months(today(), -settings.NAMES_KEPT_MONTHS)
    Reading.objects.filter(answered_at__date__lt=day).update(answers="")


def forget_unless_held(person):
    """Erase the history with words of `person`, and then the words, unless a text has to be changed first.

    A text that may stay, such as a story of a child with the same surname, must not keep the history.
    """
    if not may_complete(person):
        return
    erase_history(person)
    if not find_elsewhere(words_to_change(person)) and erase_history(person, with_current=True):
        delete_words(person.pk)


def may_complete(person):
    """Return whether `person` withdrew, has words that can be read, and nothing but texts still needs them.

    The leak check needs them for held pages. A lead needs them to read the list of a withdrawal again.
    """
    waiting = WithdrawalTask.objects.filter(withdrawal__contributor=person, done_at=None)
    return (
        person.has_withdrawn
        and any(getattr(person, name) for name in KEPT_FIELDS)
        and not has_unreadable_words(person)
        and not waiting.filter(step__in=("again", "purge")).exists()
        and not find_returned(contributor=person)
    )


@step("complete", _("Delete names and protected words"), is_slow=True)
def complete(task):
    """Erase the history with words of a person, and then the words, although texts or schedules may hold one.

    A lead asked for it ("Complete").
    """
    person = task.withdrawal.contributor
    if person and may_complete(person):
        erase_history(person, with_current=True)
        delete_words(person.pk)


@transaction.atomic
def delete_words(key):
    """Delete the names and protected words of the person with the primary key `key`."""
    lock_with_others(key)
    person = Contributor.objects.get(pk=key)
    # A consent may have been recorded, or a page held meanwhile.
    if may_complete(person):
        person.delete_texts(KEPT_FIELDS)
        StopCode.objects.filter(contributor=person).delete()
        # They have to go from the index too, after texts were changed by hand, and from the database's files.
        add_tasks(person.withdrawals.first(), ("index", "vacuum"))


def erase_history(person, with_current=False):
    """Delete the versions of pages with a word of `person`, and redirects, and overwrite log entries.

    If an old version of a page has a word, all old ones go: the missing ones would tell an editor who had
    tried words which of them is one. The live and the latest version stay. If `with_current`, they are saved
    anew: their texts have no word any more, but they can have an old address or a deleted comment. Return
    False if a version is left because the page has a scheduled one, which can't be saved anew.
    """
    words = {word.term for word in words_to_change(person)}
    case = Case(person, person.code, terms=words, withdrawal=person.withdrawals.first())
    is_complete = True
    for key, versions in versions_with_words(words).items():
        with transaction.atomic():
            lock_pages([key])
            page = Page.objects.filter(pk=key).first()
            needed = [each for each in versions if page and is_needed(each, page)]
            others = revisions_of([key] if len(versions) > len(needed) else [])
            others = [each for each in others if not (page and is_needed(each, page))]
            renews = bool(with_current and needed and not page.scheduled_revision)
            is_complete = is_complete and (renews or not needed)
            if old := others + (needed if renews else []):
                with keep_writers(page) if page else nullcontext():
                    if renews:
                        save_current_anew(page)
                    delete_versions(old)
                # In the transaction of the deletion: this process can be killed after it.
                add_tasks(case.withdrawal, REPEATED)
    with transaction.atomic():
        # Wagtail makes one of the old address if somebody takes the word out of the address of a page.
        redirects = rows_with_words(Redirect.objects.all(), ("old_path",), words)
        found = Redirect.objects.filter(pk__in=redirects).delete()[0]
        for place in (TextPlace(source_of(model)) for model in LOGS):
            keys = [each.key for each in place.find(case)]
            place.erase(case, keys)
            found += len(keys)
        if found:
            add_tasks(case.withdrawal, REPEATED)
    return is_complete


def versions_with_words(words):
    """Return {primary key of a page: its versions with one of `words`, Terms, anywhere in what is stored}."""
    keys = rows_with_words(Revision.page_revisions, ("object_str", "content"), words)
    found = defaultdict(list)
    for revision in Revision.objects.filter(pk__in=keys).order_by("pk"):
        found[revision.object_id].append(revision)
    return found


def rows_with_words(rows, fields, words):
    """Return the primary keys of those of `rows` with one of `words`, Terms, in `fields`."""
    return [key for key, _texts in find_rows(rows, fields, partial(mentions, words))]


def is_needed(revision, page):
    """Return whether `revision`, a version of `page`, is the live, the latest or a scheduled one."""
    is_current = revision.pk in {page.latest_revision_id, page.live_revision_id}
    return is_current or revision.approved_go_live_at is not None
