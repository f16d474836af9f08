"""Translations of the interface: French and Spanish are complete, and the compiled catalogues are up to date.

The words are read from the source here, so that this needs no gettext tools on the machine.
"""

import io
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext, templatize

from home.models import HomePage

pytestmark = pytest.mark.one_database

PROJECT = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
(FOLDER,) = settings.LOCALE_PATHS
TRANSLATED = ["es", "fr"]
# Languages in which pages can be written, but without a reviewed translation: their interface is in English.
UNREVIEWED = ["ar"]
KEYWORDS = DEFAULT_KEYWORDS | {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext")}
# Parts that a translation must keep: %(number)s, %s, <p>.
FIXED = re.compile(r"%(?:\(\w+\))?[a-z]|</?\w[^>]*>")


def read_source():
    """Return the source of Python files, and of templates as Python with calls of gettext."""
    for room in ROOMS:
        for path in sorted((Path(settings.BASE_DIR) / room).rglob("*")):
            if path.suffix == ".py":
                yield path.read_text(encoding="utf-8")
            elif path.suffix == ".html":
                words = templatize(path.read_text(encoding="utf-8"), origin=str(path))
                yield re.sub(r"^[ \t]+", "", words, flags=re.MULTILINE)


def read_words():
    """Return the translatable texts: each is a string or (singular, plural)."""
    found = set()
    for source in read_source():
        for _line, message, _comments, _context in extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS
        ):
            found.add(message)
    return found


def read_catalogue(language):
    with (FOLDER / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def in_forms(text):
    return [text] if isinstance(text, str) else list(text)


def texts_of(catalogue):
    return {tuple(in_forms(message.id)): in_forms(message.string) for message in catalogue if message.id}


def is_complete(words, message):
    if message is None or message.fuzzy:
        return False
    # French and Spanish have three plural forms: one, millions, others.
    forms = in_forms(message.string)
    return all(forms) and len(forms) == (1 if isinstance(words, str) else 3)


@pytest.fixture(scope="module")
def words():
    found = read_words()
    # From a template, from Python and with a plural.
    assert {"Skip to the content", "lead picture", ("%(number)s story", "%(number)s stories")} <= found
    assert len(found) > 300, "most texts were not found"
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_interface_is_translated(words, language):
    catalogue = read_catalogue(language)

    missing = [text for text in words if not is_complete(text, catalogue.get(in_forms(text)[0]))]

    assert not missing, f"Run `make messages` and translate: {missing}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_placeholders_and_tags(language):
    for message in read_catalogue(language):
        if message.id:
            expected = sorted(FIXED.findall(in_forms(message.id)[-1]))
            for form in in_forms(message.string):
                assert sorted(FIXED.findall(form)) == expected, message.id


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_compiled_catalogue_is_up_to_date(language):
    with (FOLDER / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = texts_of(read_mo(file))

    assert compiled == texts_of(read_catalogue(language)), "Run `make messages`"


def test_each_language_is_translated_or_unreviewed():
    # The English catalogue has words of Wagtail that this site says otherwise.
    assert sorted(path.name for path in FOLDER.iterdir()) == ["en", *TRANSLATED]
    languages = {code for code, _name in settings.LANGUAGES}
    assert languages == {settings.LANGUAGE_CODE, *TRANSLATED, *UNREVIEWED}


def test_unreviewed_languages_are_in_english():
    with translation.override("ar"):
        assert gettext("Skip to the content") == "Skip to the content"
        # In Arabic, 11 takes a form that English does not have.
        assert ngettext("%(number)s story", "%(number)s stories", 11) == "%(number)s stories"


def test_plurals_follow_the_language():
    def count(number):
        return ngettext("%(number)s story", "%(number)s stories", number) % {"number": number}

    with translation.override("fr"):
        assert [count(0), count(1), count(2)] == ["0 récit", "1 récit", "2 récits"]
    with translation.override("es"):
        assert [count(0), count(1), count(2)] == ["0 historias", "1 historia", "2 historias"]


def test_names_of_models_are_translated():
    with translation.override("fr"):
        assert str(HomePage._meta.verbose_name) == "page d’accueil"
