"""Lists the texts of an object for the leak check, and says in words where each of them is.

The leak check looks for words in them that would give away a person.
"""

import json
import re
from contextlib import suppress
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from wagtail.blocks import StreamValue
from wagtail.fields import StreamField

# Fields of texts, and of what contains texts or has a name.
KINDS = (models.CharField, models.TextField, models.JSONField, models.FileField, StreamField)
# In the names of fields that hold no text of people: hashes, secrets, keys of rows, places in trees and in
# pages, what is chosen from a list, and actions in logs.
OPAQUE = re.compile(
    r"action|digest|hash|password|token|credential|key|object_id|^path|content_?path|(url|model)_path|hostname"
    r"|language|time_zone"
)


class LocatedText(NamedTuple):
    """A text of an object, with its place.

    `where`: the place in words, such as "paragraph 3". `field`: the name of its form field, or None.
    """

    where: str
    text: str
    field: str | None = None


def read_titles(pages):
    """Return a LocatedText with the title and the slug of each of `pages` that is below the root page."""
    where = _("title or address of a section above")
    return [LocatedText(where, f"{page.title}\n{page.slug}") for page in pages if not page.is_root()]


def read_above(page):
    """Return what read_titles() returns for the pages above `page`, which readers see together with it.

    The form of a new page, which is not in the tree yet, has set `parent_in_form`.
    """
    if page.path:
        return read_titles(page.get_ancestors())
    return read_titles(page.parent_in_form.get_ancestors(inclusive=True)) if page.parent_in_form else []


def read_fields(instance):
    """Yield a LocatedText for each text field of `instance` that people write in."""
    for field in text_fields(type(instance)):
        yield LocatedText(str(field.verbose_name), read_field(field, instance), field.name)


def text_fields(model):
    """Return the text fields of `model` that people write in, in a form."""
    others = (models.JSONField, models.FileField)
    fields = filter(is_written, model._meta.concrete_fields)
    return [field for field in fields if field.editable and not isinstance(field, others)]


def is_written(field):
    """Return whether `field`, of a model, can hold what people wrote, also as the name of a file."""
    return isinstance(field, KINDS) and not field.choices and not OPAQUE.search(field.name)


def read_field(field, instance):
    """Return the text of `field` of `instance`."""
    return text_of(field.value_from_object(instance))


def text_of(value):
    """Return `value`, that of a text, file, JSON or stream field, as a text with a line for each string."""
    if isinstance(value, StreamValue):
        value = [stored["value"] for stored in value.raw_data]
    return "\n".join(strings_in(value))


def strings_in(value):
    """Yield the strings in `value`, the stored value of a block. Types and ids of blocks are left out."""
    if isinstance(value, str):
        yield value
        # A stored version has the value of a stream field as JSON, in which é is written with a number.
        if value.startswith('[{"'):
            with suppress(ValueError, RecursionError):
                yield from strings_in(json.loads(value))
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in {"id", "type"}:
                yield from strings_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from strings_in(item)
