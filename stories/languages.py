"""The languages of the site, and those in which somebody's own words can be given."""

import functools

import babel
from django.conf import settings
from django.utils.translation import get_language

CONTENT_LANGUAGES = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]


@functools.cache
def _names(language):
    try:
        return babel.Locale.parse(language, sep="-").languages
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale("en").languages


def language_choices():
    """Return (code, name) for the world's languages that have a two-letter code, and Filipino."""
    names = _names(get_language() or "en")
    codes = [code for code in names if len(code) == 2 or code == "fil"]
    return sorted(((code, names[code]) for code in codes), key=lambda choice: choice[1].casefold())


def language_name(code):
    """Return the name of the language with the ISO code `code`, or the code when it has none."""
    return _names(get_language() or "en").get(code, code)
