"""Finds who wrote a version of a page, because somebody else has to decide about the people in it.

A user who changed only the form, or a few words, may decide: see Change. A user who wrote a new word that may
be a name may not. say_right() notes that the answer about the people is right.
"""

import unicodedata
from collections import Counter
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Max, Q
from wagtail.models import ModelLogEntry, PageLogEntry, ReferenceIndex, Revision

from safeguarding.decisions import revision_of_live
from safeguarding.leak_check.matching import WORD, decode, remove_tags
from safeguarding.leak_check.texts import strings_in
from safeguarding.models import Decision, Release
from safeguarding.releases import report_again

# With fewer changed words, a version counts as written by others.
MANY_WORDS = 10
# What of a page says who is in it and how it is filed. Whoever answers this writes nothing.
ANSWERS = {"people", "story_people", "story_themes", "story_countries", "content_notes", "date"}
# The log action for those who wrote what was copied. Its entries are in the history of the copy.
WROTE = "safeguarding.wrote"
# The log action for those who wrote versions of a page that were deleted: see keep_writers().
WROTE_BEFORE = "safeguarding.wrote_before"
# The log action with which a lead says that the answer about the people in a page is right.
RIGHT = "safeguarding.right"
# Actions in the history of a page that save a version.
SAVES = ("wagtail.edit", "wagtail.revert", WROTE)


# --- Words ----------------------------------------------------------------------------------------


class Change(NamedTuple):
    """The difference between two texts. `number`: of changed words. `has_name`: whether a new one may be."""

    number: int
    has_name: bool

    @property
    def is_little(self):
        return self.number < MANY_WORDS and not self.has_name


def compare(before, after):
    """Return the Change from `before` to `after`, results of words_in(). The order makes no difference."""
    added, removed = after - before, before - after
    return Change(max(added.total(), removed.total()), any(may_be_name(word) for word in added))


def may_be_name(word):
    """Return whether `word` has a capital, a digit, or a letter of a script without capitals."""
    return any(unicodedata.category(each) not in {"Ll", "Mn", "Mc", "Me"} for each in word)


def words_in(content):
    """Return a Counter of the words in `content`, the `people_content` of a page, without tags and ANSWERS.

    What is no text counts as a word too, such as the key of a picture, and the address of a link.
    """
    words = Counter()
    for text in strings_in({name: value for name, value in content.items() if name not in ANSWERS}):
        plain = decode(remove_tags(text))
        words.update(WORD.findall(unicodedata.normalize("NFKC", plain)))
    del words["True"]  # what a box has that is ticked
    return words


# --- Who wrote it ---------------------------------------------------------------------------------


def read_saves(page, revision):
    """Return the list of versions of `page` up to `revision`, the oldest first, with their `words`.

    `revision`: a Revision, or None for all versions.
    """
    saves = Revision.page_revisions.filter(object_id=str(page.pk)).order_by("pk")
    saves = list(saves.filter(pk__lte=revision.pk) if revision else saves)
    for each in saves:
        content = page.specific_class.from_serializable_data(each.content, check_fks=False)
        each.words = words_in(content.people_content)
    return saves


def has_written(user, page, saves, decisions, question=""):
    """Return whether `user` wrote the last of `saves`, what read_saves() returned for `page`.

    Only saves since the last version count that one of `decisions`, a queryset, by somebody else is about.
    `question`: "primary key of a person:ground", what the decisions are about, or "".
    """
    return change_since(user, page, saves, decisions, question) is None


def change_since(user, page, saves, decisions, question):
    """Return the Change by `user` since the last decision of somebody else, or None if it is not little.

    The arguments are those of has_written().
    """
    # A version that was overwritten after the decision, as an autosave does, is another one now.
    decided = decisions.exclude(decided_by=user).filter(
        revision__in=[each.pk for each in saves], revision__created_at__lte=F("decided_at")
    )
    base = decided.aggregate(last=Max("revision"))["last"] or 0
    kept = kept_changes(page.pk, base)
    # `kept` has what each user changed up to this version.
    start = max([base, *kept.values_list("revision", flat=True)])
    texts = [Counter(), *(each.words for each in saves)]
    pairs = zip(saves, pairwise(texts), strict=True)
    own = [(each, compare(*pair)) for each, pair in pairs if each.user_id == user.pk]
    since = [change for each, change in own if each.pk > start]
    for entry in kept.filter(user=user):
        if (number := entry.data["changed"].get(question, entry.data["changed"].get(""))) is None:
            return None
        since.append(Change(number, has_name=False))
    in_all = Change(sum(change.number for change in since), any(change.has_name for change in since))
    if not in_all.is_little or has_saved_deleted(user, page.pk, start):
        return None
    since = decided.aggregate(last=Max("decided_at"))["last"]
    if saves and has_edited_shown(user, page, since or saves[0].created_at):
        return None
    # Somebody may have gone back to what `user` wrote before.
    decided_words = next((each.words for each in saves if each.pk == base), texts[-1])
    earlier = [each.words for each, _change in own if each.pk < base]
    is_changed = not compare(decided_words, texts[-1]).is_little
    went_back = is_changed and any(compare(words, texts[-1]).is_little for words in earlier)
    return None if went_back else in_all


def has_edited_shown(user, page, since):
    """Return whether `user` edited what `page` shows and `is_written_apart` since the moment `since`."""
    apart = (each for each in apps.get_models() if getattr(each, "is_written_apart", False))
    types = ContentType.objects.get_for_models(*apart).values()
    edits = ModelLogEntry.objects.filter(user=user, action="wagtail.edit", content_type__in=types)
    edits = edits.filter(timestamp__gt=since).values_list("content_type", "object_id")
    shown = ReferenceIndex.get_references_for_object(page).values_list("to_content_type", "to_object_id")
    return not set(shown).isdisjoint(edits)


def kept_changes(page, base):
    """Return the log entries of the last keep_writers() for `page`, a primary key, after the version `base`.

    There is one for each user who had saved a version. The versions up to its `revision` are settled by it.
    """
    entries = PageLogEntry.objects.filter(page=page, action=WROTE_BEFORE, revision__gt=base)
    entries = entries.filter(data__has_key="changed")  # A withdrawal may have deleted the data.
    return entries.filter(revision=entries.aggregate(last=Max("revision"))["last"])


def has_saved_deleted(user, page, base):
    """Return whether `user` saved a version after the one with the key `base` that is deleted now.

    A deleted version that somebody went back to since counts too. Nobody knows what was changed with it.
    """
    entries = PageLogEntry.objects.filter(page=page, action__in=SAVES)
    since = Q(revision__gt=base)
    reverts = entries.filter(since, action="wagtail.revert", data__revision__id__isnull=False)
    since |= Q(revision__in=list(reverts.values_list("data__revision__id", flat=True)))
    kept = Revision.page_revisions.filter(object_id=str(page)).values("pk")
    return entries.filter(since, user=user).exclude(revision__in=kept).exists()


def savers(page, saves):
    """Return the users who saved a version of `page`. `saves`: what read_saves() returned for it."""
    entries = PageLogEntry.objects.filter(page=page, action__in=SAVES)
    users = {*entries.values_list("user", flat=True), *(each.user_id for each in saves)}
    return get_user_model().objects.filter(pk__in=users)


@contextmanager
def keep_writers(page):
    """Context manager for the deletion of versions of `page`: note in its history what each user changed.

    {question: number of words, or None for a user who may not decide about it} is noted. Otherwise nobody
    could tell later who wrote what, and none of them could decide.
    """
    saves, questions = read_saves(page, None), {"": Decision.objects.none()}
    for person, ground in Decision.objects.filter(page=page).values_list("contributor", "ground").distinct():
        questions[f"{person}:{ground}"] = Decision.objects.filter(contributor=person, ground=ground)
    changes = {}
    for user in savers(page, saves):
        found = {key: change_since(user, page, saves, rows, key) for key, rows in questions.items()}
        changes[user] = {key: each and each.number for key, each in found.items()}
    yield
    last = Revision.page_revisions.filter(object_id=str(page.pk)).order_by("pk").last()
    for user, changed in changes.items():
        data = {"changed": changed}
        PageLogEntry.objects.log_action(page, WROTE_BEFORE, user=user, revision=last, data=data)


def copy_writers(source, copy):
    """Note in the history of `copy`, a page with the content of `source`, who wrote that content.

    So none of them may decide about the copy.
    """
    saves = read_saves(source, revision_of_live(source) if source.live else source.latest_revision)
    for user in savers(source, saves):
        if has_written(user, source, saves, Decision.objects.none()):
            # This is no version of the copy. So it counts as one of the copy that is deleted.
            PageLogEntry.objects.log_action(copy, WROTE, user=user, revision=saves[-1] if saves else None)


@transaction.atomic
def say_right(version, user):
    """Note in the history of the page that the answer in `version` is right. Let the page report again."""
    data = {"digest": version.report.digest, "answer": version.report.answer}
    PageLogEntry.objects.log_action(version.page, RIGHT, user=user, revision=version.revision, data=data)
    report_again([version.page.pk])  # It locks the page first.
    if version.is_live:
        Release.objects.filter(page=version.page.pk).update(taken_out="")
