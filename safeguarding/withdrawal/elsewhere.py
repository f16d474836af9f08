"""Finds texts with a protected word of somebody who withdrew, which have to be changed by hand.

The names and protected words of the person are kept until no text has one: see forgetting.py.
"""

from django.utils.translation import gettext_lazy
from wagtail.models import Page

from safeguarding.leak_check.admin_requests import join
from safeguarding.leak_check.checking import find_drafts, find_live
from safeguarding.leak_check.rows import find_rows
from safeguarding.leak_check.sources import source_of
from safeguarding.leak_check.words import words_of_person
from safeguarding.models import Contributor, Release
from safeguarding.withdrawal.places import Found, Place, register_place
from safeguarding.withdrawal.words import has_unreadable_words


class Elsewhere(Place):
    """Pages that don't list the person, and settings. They are reported, and not erased because of a word."""

    name = "elsewhere"
    label = gettext_lazy("Other places with a protected word: change them by hand")
    by_hand = True

    def find(self, case):
        if case.contributor is None:
            return []
        found = find_elsewhere(words_to_change(case.contributor), {*case.erased, *case.held})
        # In an order that stays the same for the digest of the plan.
        return [Found(key, f"{each.name}: {join(each.places)}") for key, each in sorted(found.items())]


class Notes(Place):
    """Encrypted notes of editors that mention the person who withdraws.

    `model`: has them. `fields`: by what the row is called, and the note.
    """

    needs_yes = True

    def __init__(self, name, label, model, fields):
        self.name, self.label, self.model, self.fields = name, label, model, fields

    def find(self, case):
        others = self.model.objects.exclude(**{self.fields[0]: case.code})
        found = dict(find_rows(others, self.fields[1:], case.mentions))
        names = dict(others.filter(pk__in=found).values_list("pk", self.fields[0]))
        return [Found(str(key), f"{names[key]} · {text}") for key, [text] in found.items()]

    def erase(self, case, keys):
        self.model.objects.filter(pk__in=keys).update(**{self.fields[1]: ""})


def words_to_change(person):
    """Return the ProtectedWords of `person`, without ordinary words. Without the key there are none."""
    if has_unreadable_words(person):
        return []
    return [word for word in words_of_person(person) if not word.is_ordinary]


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


def register():
    register_place(Elsewhere())
    register_place(Notes("labels", gettext_lazy("Labels of other people"), Contributor, ["code", "label"]))
    reasons = gettext_lazy("Reasons why nobody could tell who it is")
    register_place(Notes("reasons", reasons, Release, ["page__draft_title", "reason"]))
