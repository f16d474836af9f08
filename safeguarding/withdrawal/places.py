"""The places that can hold something of a person. Each room registers its own.

A place finds what it holds for a `Case`, and erases it in the transaction of the withdrawal. Files and other
things outside of the database it hands to tasks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Model, Q

from safeguarding.models import Contributor
from safeguarding.withdrawal.tasks import add_task
from safeguarding.withdrawal.words import mentions
from safeguarding.withdrawals import Choice, Withdrawal

_places, _version_readers = [], []


class Found(NamedTuple):
    """Something of the person: `key` is that of the row, `title` says to the lead what it is."""

    key: str
    title: str


class Mention(NamedTuple):
    """A person in a version of a page. `is_current`: whether it is live, the latest draft, or scheduled."""

    page: int
    contributor: int
    naming: int | None
    is_current: bool


@dataclass
class Case:
    """A withdrawal that is planned or done.

    `erased`: {primary key: Page} of the pages that are erased. `held`: the same of those that are held until
    they are published without the person. `terms`: Terms of the leak check for the names and protected words.
    `paths`: those of the erased pages. `hashes`: those of the erased pictures. `is_known_picture`: whether a
    hash is that of a picture that was erased before a restore. `logged`: (model, primary key) of what is
    erased and may be in logs. `withdrawal`: None while it is planned.
    """

    contributor: Contributor | None
    choice: Choice
    code: str
    erased: dict = field(default_factory=dict)
    held: dict = field(default_factory=dict)
    terms: set = field(default_factory=set)
    hashes: set = field(default_factory=set)
    is_known_picture: Callable = lambda file_hash: False
    paths: set = field(default_factory=set)
    logged: set = field(default_factory=set)
    withdrawal: Withdrawal | None = None

    def mentions(self, *texts):
        """Return whether a protected word is in one of `texts`."""
        return self.choice != Choice.PICTURES and mentions(self.terms, texts)

    def add_task(self, step, /, **data):
        add_task(self.withdrawal, step, **data)


class Place:
    """A kind of thing that can hold something of a person.

    `needs_yes`: whether the lead says of each thing found whether it is erased. `by_hand`: whether it is only
    reported. `order`: places with a greater one are erased later.
    """

    name: str
    label: str
    needs_yes = by_hand = False
    order = 0

    def find(self, case):
        """Return a list of Found. It may note in `case.logged` what logs may name."""
        raise NotImplementedError

    def erase(self, case, keys):
        """Erase those with `keys`, in the open transaction."""
        raise NotImplementedError


@dataclass
class TextPlace(Place):
    """Rows of `model` that are searched for the protected words. The lead says which are erased.

    `fields`: the names of their texts. `erase_rows`: a function that takes a queryset and the Case. By
    default the rows are deleted. `skipped`: a function that returns a Q for the Case, of rows that another
    place erases.
    """

    name: str
    label: str
    model: type[Model]
    fields: tuple
    erase_rows: Callable = lambda rows, case: rows.delete()
    skipped: Callable = lambda case: Q(pk__in=[])
    needs_yes: bool = True
    order = 20

    def find(self, case):
        rows = self.model._base_manager.exclude(self.skipped(case)).order_by("pk")
        return [
            Found(str(key), " · ".join(str(text) for text in texts if text))
            for key, *texts in rows.values_list("pk", *self.fields)
            if case.mentions(*texts)
        ]

    def erase(self, case, keys):
        self.erase_rows(self.model._base_manager.filter(pk__in=keys), case)


def register_place(place):
    _places.append(place)


def places():
    """Return the places in the order in which they are erased."""
    return sorted(_places, key=lambda place: place.order)


def reads_versions(function):
    """Register a function that yields a Mention for every person in every stored version of a page type."""
    _version_readers.append(function)
    return function


def read_versions():
    for reader in _version_readers:
        yield from reader()
