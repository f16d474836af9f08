"""Finds texts with a protected word of somebody who withdrew, which have to be changed by hand.

The names and protected words of the person are kept until no text has one. Then the step "words" deletes
them.
"""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision

from caching.local_date import today
from safeguarding.leak_check.admin_requests import join
from safeguarding.leak_check.checking import find_drafts, find_live
from safeguarding.leak_check.rows import find_rows, mentions
from safeguarding.leak_check.sources import source_of
from safeguarding.leak_check.words import words_of_person
from safeguarding.models import Contributor
from safeguarding.releases import lock_pages, lock_with_others
from safeguarding.withdrawal.carry_out import REPEATED
from safeguarding.withdrawal.pages import delete_versions, overwrite
from safeguarding.withdrawal.places import Found, Place, register_place
from safeguarding.withdrawal.returned import find_returned
from safeguarding.withdrawal.steps import save_current_anew
from safeguarding.withdrawal.tasks import NotYet, add_task, step
from safeguarding.withdrawal.words import KEPT_FIELDS, has_unreadable_words
from safeguarding.withdrawal_models import Choice, WithdrawalTask


class Elsewhere(Place):
    """Pages that don't list the person, and settings. They are reported, and not erased because of a word."""

    name = "elsewhere"
    label = gettext_lazy("Other places with a protected word: change them by hand")
    by_hand = True

    def find(self, case):
        if case.contributor is None or case.choice == Choice.PICTURES:
            return []
        words = case.words if case.choice == Choice.CORRECTION else words_to_change(case.contributor)
        found = find_elsewhere(words, {*case.erased, *case.held})
        # In an order that stays the same for the digest of the plan.
        return [Found(key, f"{each.name}: {join(each.places)}") for key, each in sorted(found.items())]


def words_to_change(person):
    """Return the ProtectedWords of `person`, without ordinary words. Without the key there are none."""
    return (
        []
        if has_unreadable_words(person)
        else [word for word in words_of_person(person) if not word.is_ordinary]
    )


def find_elsewhere(words, skipped=()):
    """Return {key: LiveObject} of what holds one of `words`, without the pages `skipped`, primary keys.

    Models whose texts a withdrawal erases are left out.
    """
    found = {}
    for each in [*find_live(words), *find_drafts(words)]:
        instance = each.instance
        is_skipped = isinstance(instance, Page) and instance.pk in skipped
        if not is_skipped and not source_of(type(instance)).erase:
            found.setdefault(f"{instance._meta.label_lower}:{instance.pk}", each)
    return found


@step("words", gettext_lazy("Delete names and protected words"), is_slow=True)
def forget_words(task):
    """Delete the names and protected words that were kept, once no text holds one.

    It looks once a day, because it reads all texts. The words stay if the person has agreed again since.
    """
    person, looked_today = task.withdrawal.contributor, {"looked_on": str(today())}
    if person is None or not person.has_withdrawn:
        return
    own = WithdrawalTask.objects.filter(withdrawal__contributor=person, withdrawal__choice=Choice.EVERYTHING)
    if (
        own.filter(step__in=("again", "purge"), done_at=None).exists()
        or task.data == looked_today
        or has_unreadable_words(person)
        or find_returned(contributor=person)  # The lead's list is made with the words.
    ):
        raise NotYet
    try:
        forget_words_of(person, task.withdrawal)
    except NotYet:
        WithdrawalTask.objects.filter(pk=task.pk).update(data=looked_today)
        raise


def forget_words_of(person, withdrawal):
    """Delete the names and protected words of `person`. Raises NotYet if a text or a schedule holds one.

    What nobody has to change by hand is erased before. A text that may stay, such as a story of a child with
    the same surname, must not keep it.
    """
    with transaction.atomic():
        if erase_history(person, withdrawal):
            for name in REPEATED:
                add_task(withdrawal, name)
    if find_elsewhere(words_to_change(person)):
        raise NotYet
    renew_current_versions(person, withdrawal)
    with transaction.atomic():
        lock_with_others(person.pk)
        person = Contributor.objects.get(pk=person.pk)
        if not person.has_withdrawn:
            return
        was_erased = erase_history(person, withdrawal)
        for name in KEPT_FIELDS:
            setattr(person, name, "")
        person.save(update_fields=KEPT_FIELDS)
        # The names have to go from the file of the database in any case.
        for name in REPEATED if was_erased else ["vacuum"]:
            add_task(withdrawal, name)


def renew_current_versions(person, withdrawal):
    """Save the live and the latest versions with a word of `person` anew, and delete the old ones.

    The texts of such a version have no word any more, but it can have an old address or a deleted comment.
    Raises NotYet if a version of the page is scheduled, because it can't be saved anew.
    """
    current = find_current()
    for key in {each.object_id for each in versions_with_words(person) if each.pk in current}:
        with transaction.atomic():
            lock_pages([key])
            page = Page.objects.get(pk=key)
            if page.scheduled_revision:
                raise NotYet
            old = [page.latest_revision, page.live_revision]
            save_current_anew(page)
            delete_versions(filter(None, old))
            for name in REPEATED:  # In the same transaction, as this process can be killed after it.
                add_task(withdrawal, name)


def erase_history(person, withdrawal):
    """Delete earlier versions of pages and redirects with a word of `person`, and overwrite log entries.

    Raises NotYet if a version is scheduled. Return whether something was erased.
    """
    current = find_current()
    versions = [each for each in versions_with_words(person) if each.pk not in current]
    if any(revision.approved_go_live_at for revision in versions):
        raise NotYet
    delete_versions(versions)
    # Wagtail makes one of the old address if somebody takes the word out of the address of a page.
    redirects = rows_with_words(Redirect.objects.all(), ("old_path",), person)
    Redirect.objects.filter(pk__in=redirects).delete()
    is_found = bool(versions or redirects)
    for model in (PageLogEntry, ModelLogEntry):
        found = rows_with_words(model.objects.all(), ("label", "data"), person)
        overwrite(model.objects.filter(pk__in=found), withdrawal)
        is_found = is_found or bool(found)
    return is_found


def rows_with_words(rows, fields, person):
    """Return the primary keys of those of `rows` with a word of `person` in `fields`."""
    has_word = partial(mentions, {word.term for word in words_to_change(person)})
    return [key for key, _texts in find_rows(rows, fields, has_word)]


def versions_with_words(person):
    """Return the versions of pages with a word of `person` anywhere in what is stored."""
    keys = rows_with_words(Revision.page_revisions, ("object_str", "content"), person)
    return Revision.objects.filter(pk__in=keys).order_by("pk")


def find_current():
    """Return the set of the primary keys of the live and the latest versions of all pages."""
    keys = Page.objects.values_list("latest_revision", "live_revision")
    return {key for pair in keys for key in pair}


def register():
    register_place(Elsewhere())
