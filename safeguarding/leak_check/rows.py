"""Walks over the text and file fields of all models, and finds the rows with a protected word.

Protected words are the names of a person and other words that would give the person away.
"""

import re
from itertools import batched

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import models
from wagtail.admin.models import FormState
from wagtail.images.models import AbstractRendition
from wagtail.models import Revision, UploadedFile

from safeguarding.leak_check.matching import Texts, add_readings, decode, join_words, plain, remove_tags
from safeguarding.leak_check.texts import is_written, text_of

# The number of rows that are searched at once.
BATCH = 200
# Apps with tables that programs fill: the search index, for example, is made again from the texts. The models
# of `safeguarding` have names only in encrypted fields.
APPS_WITHOUT_TEXTS = {"contenttypes", "safeguarding", "sessions", "wagtailsearch"}
# Renditions are made from pictures, and deleted with them. The steps "previews" and "uploads" of a withdrawal
# delete forms and uploads, and safeguarding/withdrawal/forgetting.py deletes versions.
WITHOUT_TEXTS = (AbstractRendition, FormState, Permission, Revision, UploadedFile)


def models_with_texts():
    """Return the models whose rows can hold what people wrote, or their files."""
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label not in APPS_WITHOUT_TEXTS
        and not issubclass(model, WITHOUT_TEXTS)
        # With a text as the key, the rows are a fixed list, such as that of the countries.
        and not isinstance(model._meta.pk, models.CharField)
        and written_fields(model)
    ]


def written_fields(model):
    """Return {name: field} of the fields of `model` with texts of people, or with names of their files."""
    return {
        field.name: field
        for field in model._meta.local_concrete_fields
        # The name of a file with a hash is random: media/cleaning.py.
        if is_written(field) and not (isinstance(field, models.FileField) and hasattr(model, "file_hash"))
    }


def find_rows(rows, fields, has_word):
    """Yield (primary key, list of texts) for those of `rows`, a queryset, that have a word in a text.

    `fields`: the names of the fields of the texts. `has_word`: function that takes a list of texts, and
    returns whether one of them has a word.
    """
    values = rows.order_by("pk").values_list("pk", *fields)
    for some in batched(values.iterator(chunk_size=BATCH), BATCH):
        texts = [(key, [text_of(value) for value in stored]) for key, *stored in some]
        # Mostly no row has one, and that is known faster for all of them together.
        if has_word([text for _key, own in texts for text in own]):
            yield from ((key, own) for key, own in texts if has_word(own))


def mentions(terms, texts):
    """Return whether one of `terms` is in one of `texts`."""
    prepared = Texts(text for text in map(str, texts) if may_find(terms, text))
    return any(prepared.find(term) for term in terms)


# --- A quick look --------------------------------------------------------------------------------

# Letters that plain() maps by the other letters of their word, also if it decomposes others into them.
OF_A_WORD = re.compile("[\u00b5\u0370-\u03ff\u0531-\u0587\u1f00-\u1fff\U0001d6a8-\U0001d7cb]")


class Letters(dict):
    """A table for str.translate(): each character becomes the letters and digits that a text has for it.

    All digits become 0 to 9, as those of telephone numbers.
    """

    def __missing__(self, number):
        letters, _gaps = join_words(plain(chr(number)))
        self[number] = "".join(str(int(each)) if each.isdecimal() else each for each in letters) or None
        return self[number]


LETTERS = Letters()


def may_find(terms, text):
    """Return whether `text` has the letters of one of `terms` in a row, also within longer words.

    It takes a tenth of the time of Texts, which find no other texts than these.
    """
    text = plain(text) if OF_A_WORD.search(text) else decode(remove_tags(text))
    letters = add_readings(text).translate(LETTERS)
    return any(term.letters.translate(LETTERS) in letters for term in terms)
