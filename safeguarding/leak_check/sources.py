"""Says for each model with texts where protected words can stand, and how a withdrawal erases them there.

Protected words are the names of a person and other words that would give the person away. Every model that
can hold texts of people is a Source: models_with_texts() finds them. By default readers can't see its texts,
and a withdrawal empties those that a lead (a member of the group Safeguarding) ticks. Other apps register the
models for which something else holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import FileField, JSONField, Model, Q

from safeguarding.leak_check.rows import find_rows, models_with_texts, written_fields
from safeguarding.leak_check.texts import read_fields


def delete_rows(rows, _case):
    rows.delete()


def empty_texts(rows, case):
    """Empty those texts of `rows`, a queryset, that mention the Case. Others stay as they are.

    Where an empty text is not allowed, it becomes the code with the key of the row.
    """
    fields = written_fields(rows.model)
    for key, texts in list(find_rows(rows, fields, case.mentions)):
        new = {}
        for (name, kind), text in zip(fields.items(), texts, strict=True):
            if not case.mentions([text]):
                continue
            if isinstance(kind, FileField):
                case.add_task("file", name=text)
            if isinstance(kind, JSONField):
                new[name] = kind.get_default()
            else:
                new[name] = "" if kind.blank else f"{case.code}-{key}"[: kind.max_length]
        rows.filter(pk=key).update(**new)


@dataclass(frozen=True)
class Source:
    """How the leak check reads the texts of `model`, and how a withdrawal erases words in them.

    For the leak check:

    * `is_shown`: whether readers can see its texts. Then they are checked when they are saved, and looked
      through when a word is added and when a person is taken down.
    * `read`: function that takes an object, and returns its LocatedTexts. By default, it reads all fields.
    * `live`: function that takes the model, and returns a queryset of the objects that readers can see.

    For a withdrawal, with a Case of safeguarding/withdrawal/places.py:

    * `erase`: function that takes a queryset and the Case, and erases the words. If it is None, somebody
      changes them by hand.
    * `needs_yes`: whether only those rows are erased that a lead ticks.
    * `skipped`: function that takes the Case, and returns a Q for the rows that are erased in another way.
    """

    model: type[Model]
    is_shown: bool = False
    read: Callable = read_fields
    live: Callable = lambda model: model._default_manager.all()
    erase: Callable | None = empty_texts
    needs_yes: bool = True
    skipped: Callable = lambda case: Q(pk__in=[])


# {model: Source} of the registered models.
_sources = {}


def register(model, **options):
    """Register `model`, and the models that inherit from it. `options`: the fields of Source."""
    _sources[model] = Source(model, **options)


def source_of(model):
    """Return the Source of `model`, which is like that of the nearest registered model it inherits from."""
    found = (_sources[each] for each in model.__mro__ if each in _sources)
    return replace(next(found, Source(model)), model=model)


def shown_sources():
    """Return the Sources whose texts readers can see."""
    return [source for source in _sources.values() if source.is_shown]


def erased_sources():
    """Return the Sources whose texts a withdrawal erases."""
    return [source for source in map(source_of, models_with_texts()) if source.erase]


def read_texts(instance):
    """Return the LocatedTexts of `instance` whose text is not blank."""
    return [each for each in source_of(type(instance)).read(instance) if each.text.strip()]
