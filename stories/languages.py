"""The languages of the site's content, and the names of all languages and countries (Unicode's CLDR)."""

import functools
from contextlib import suppress

import babel
from django.conf import settings
from django.utils.translation import get_language

# Codes of the languages that pages can be in, in the order of the settings.
CONTENT_LANGUAGES = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]


class Names(dict):
    """{code: name} of languages or countries. The name of an unknown code is the code."""

    def __missing__(self, code):
        return code


@functools.cache
def names_in(language, kind):
    """Return the Names that Unicode's CLDR has in `language`, and the English ones where it has none.

    `kind`: an attribute of Babel's Locale: "languages" or "territories".
    """
    names = Names(getattr(babel.Locale("en"), kind))
    with suppress(babel.UnknownLocaleError, ValueError):
        names.update(getattr(babel.Locale.parse(language, sep="-"), kind))
    return names


def language_choices():
    """Return the (code, name) of each language that has a code of two letters, and of Filipino, by name.

    The names are in the active language. Filipino has no code of two letters.
    """
    names = names_in(get_language() or "en", "languages")
    codes = [code for code in names if len(code) == 2 or code == "fil"]
    return sorted(((code, names[code]) for code in codes), key=lambda choice: choice[1].casefold())


def language_name(code):
    """Return the name of the language with the ISO code `code`, in the active language; else the code."""
    return names_in(get_language() or "en", "languages")[code]
