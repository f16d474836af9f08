"""What texts an object has, and where they stand, in words.

Rooms above register the models whose texts readers can see: this room knows no stories and no pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import models
from wagtail.fields import StreamField

# Fields that are written by the program.
UNWRITTEN = {"path", "url_path", "draft_title"}
_sources = {}


class Place(NamedTuple):
    """A text, and where it stands: "paragraph 3". `field`: the field of the form that has it, or None."""

    where: str
    text: str
    field: str | None = None


@dataclass(frozen=True)
class Source:
    """`read`: returns the Places of an object. `find_live`: returns a queryset of what readers can see."""

    read: Callable
    find_live: Callable


def register(model, read=None, find_live=None):
    """Have the objects of `model`, and of the models that inherit from it, checked.

    Without `read`, these are all texts in the fields of the model.
    """
    _sources[model] = Source(read or read_fields, find_live or model._default_manager.all)


def sources():
    return _sources.values()


def source_of(model):
    """Return the Source of `model`, or None if it is not registered."""
    return next((_sources[each] for each in model.__mro__ if each in _sources), None)


def places_of(instance):
    """Return the Places of `instance` that have a text."""
    return [place for place in source_of(type(instance)).read(instance) if place.text.strip()]


def read_fields(instance):
    """Yield the Places of the fields of `instance` into which somebody writes."""
    for field in text_fields(type(instance)):
        yield Place(str(field.verbose_name), read_field(field, instance), field.name)


def text_fields(model):
    """Return the fields of `model` into which somebody writes freely."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField, StreamField))
        and field.editable
        and not field.choices
        and field.name not in UNWRITTEN
    ]


def read_field(field, instance):
    value = field.value_from_object(instance)
    if isinstance(field, StreamField):
        return "\n".join(text for stored in value.raw_data for text in strings_in(stored["value"]))
    return value or ""


def strings_in(value):
    """Yield the texts in `value`, a stored block, without what only says of which kind a block is."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in {"id", "type"}:
                yield from strings_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings_in(item)
