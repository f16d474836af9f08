"""Defines Place, a kind of row or file that can contain something about a person.

The texts of a model are a TextPlace, as its Source says (safeguarding/leak_check/sources.py). Apps register
other Places, such as files.

A Place finds its rows for a Case, and erases them in the transaction of the withdrawal. It adds tasks for
files and anything else outside of the database. In the admin, a lead (a member of the group Safeguarding)
confirms the list of all rows first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import CASCADE, Q
from django.utils.translation import gettext as _
from wagtail.models import Page

from safeguarding.leak_check.rows import find_rows, mentions, written_fields
from safeguarding.leak_check.sources import erased_sources
from safeguarding.models import Contributor
from safeguarding.withdrawal.tasks import add_task
from safeguarding.withdrawal.words import has_path
from safeguarding.withdrawal_models import Withdrawal

_places = []


class Found(NamedTuple):
    """A row that a Place found. `key`: identifies it in the Place. `title`: its line in the lead's list."""

    key: str
    title: str


@dataclass
class Case:
    """A withdrawal that is planned or carried out.

    * `contributor`: the person. It is None after a restore if the backup doesn't have the person.
    * `code`: the code of the person, which replaces erased texts.
    * `erased`: {primary key: Page} of the pages to erase.
    * `held`: {primary key: Page} of the pages to hold until they are published without the person. Then their
      earlier versions are erased.
    * `suspected`: {primary key: Page} of pages that may be erased ones, after a restore. A lead decides.
    * `terms`: the Terms of the leak check for the names and protected words of the person.
    * `hashes`: the hashes of the erased pictures.
    * `is_known_picture`: function that returns whether a hash is that of a picture that the ledger lists.
    * `paths`: the decoded paths of the erased pages.
    * `logged`: the (model, primary key) pairs of erased rows that log entries can be about. The TextPlace of
      the model leaves these rows out.
    * `withdrawal`: the Withdrawal, or None while it is planned.
    """

    contributor: Contributor | None
    code: str
    erased: dict = field(default_factory=dict)
    held: dict = field(default_factory=dict)
    suspected: dict = field(default_factory=dict)
    terms: set = field(default_factory=set)
    hashes: set = field(default_factory=set)
    is_known_picture: Callable = lambda file_hash: False
    paths: set = field(default_factory=set)
    logged: set = field(default_factory=set)
    withdrawal: Withdrawal | None = None

    def mentions(self, texts):
        """Return whether one of `terms`, or the address of an erased page, is in one of `texts`, a list."""
        return mentions(self.terms, texts) or has_path(self.paths, texts)

    def add_task(self, step, /, **data):
        """Add a task for `step`. `data`: the arguments of the step."""
        add_task(self.withdrawal, step, **data)


class Place:
    """A kind of row or file that can contain something about a person.

    `name`: its key in the counts of a Withdrawal. `label`: its heading. `needs_yes`: whether only those rows
    are erased that the lead ticks. `by_hand`: whether they are only reported. `order`: Places with a higher
    number are planned and erased later.

    find(case) returns a list of Found, and may add to `case.logged`. erase(case, keys) erases the rows with
    these `keys` of Found, in the open transaction. It is not called if `by_hand`.
    """

    name: str
    label: str
    needs_yes = by_hand = False
    order = 0


class TextPlace(Place):
    """Rows of the model of `source`, a Source of the leak check, with a name or protected word.

    Rows in `case.logged`, and those that are deleted together with a page, are left to another Place.
    """

    order = 20  # after the Places that add to `case.logged`

    def __init__(self, source):
        self.source, self.model = source, source.model
        self.name, self.needs_yes = self.model._meta.label_lower, source.needs_yes
        self.label = _("Texts: %s") % self.model._meta.verbose_name_plural

    def find(self, case):
        skipped = self.source.skipped(case)
        skipped |= Q(pk__in=[key for model, key in case.logged if model is self.model])
        for each in self.model._meta.concrete_fields:
            if each.related_model is Page and each.remote_field.on_delete is CASCADE:
                skipped |= Q((f"{each.name}__in", list(case.erased)))
        rows = self.model._base_manager.exclude(skipped)
        return [
            Found(str(key), " · ".join(text for text in texts if case.mentions([text])))
            for key, texts in find_rows(rows, written_fields(self.model), case.mentions)
        ]

    def erase(self, case, keys):
        self.source.erase(self.model._base_manager.filter(pk__in=keys), case)


def register_place(place):
    """Register `place`, a Place, for all withdrawals."""
    _places.append(place)


def places():
    """Return the Places in the order in which they are planned and erased."""
    return sorted([*_places, *map(TextPlace, erased_sources())], key=lambda place: place.order)
