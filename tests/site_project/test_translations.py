"""Translations: French and Spanish are complete, Arabic has what readers see, and all are compiled.

The words are read from the source here, so that this needs no gettext tools on the machine.
"""

import io
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import wagtail
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib import auth
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, templatize

from publishing.pages import page_types
from search.facets import SEARCH_FILTERS, get_kind
from stories.blocks import StoryBody
from stories.filters import ChoiceFilter

pytestmark = pytest.mark.sqlite_only

PROJECT = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
ROOMS = PROJECT["tool"]["importlinter"]["root_packages"]
FOLDER, WAGTAILS = settings.LOCALE_PATHS
# The number of plural forms of each language. Words for readers are in all of these languages.
PLURAL_FORMS = {"ar": 6, "es": 3, "fr": 3}
# The languages into which the admin is translated too.
TRANSLATED = ["es", "fr"]
# Modules with words for readers. test_languages.py checks words of models, on the pages that show them.
READERS_MODULES = ["home/metadata.py", "safeguarding/reading_forms.py", "stories/content_notes.py"]
READERS_MODULES += ["search/facets.py", "search/forms.py", "search/views.py"]
READERS_MODULES += ["site_project/text_only.py", "stories/feeds.py"]
# Each page for readers extends one of these.
FRAMES = {"base.html", "maintenance.html", "safeguarding/reading_frame.html"}
NAME = re.compile(r'"([\w/]+\.html)"')  # of a template that another one extends or includes
KEYWORDS = DEFAULT_KEYWORDS | {f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in ("gettext", "ngettext")}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|{\w+}")
# Texts of Wagtail that puzzled editors.
PUZZLING = ["Locale", "Locales", "locale", "Switch locales", "Snippets", "Aging pages", "Go to Wagtail admin"]
PUZZLING += ["Groups", "Group", "groups", "group", "Add a group", "Submit to %(workflow_name)s"]
PUZZLING += ["Resubmit to %(task_name)s", "View Wagtail quick actions"]
# Parts that a translation must keep: %(number)s, %s, <p>.
FIXED = re.compile(r"%(?:\(\w+\))?[a-z]|</?\w[^>]*>")


def read_source(patterns):
    """Return the source of Python files, and of templates as Python with calls of gettext."""
    for pattern in patterns:
        for path in sorted(settings.BASE_DIR.glob(pattern)):
            if path.suffix == ".py":
                yield path.read_text(encoding="utf-8")
            elif path.suffix == ".html":
                words = templatize(path.read_text(encoding="utf-8"), origin=str(path))
                yield re.sub(r"^[ \t]+", "", words, flags=re.MULTILINE)


def find_readers_files():
    """Return READERS_MODULES, template tags, and the templates that pages for readers are made of.

    These are the templates of blocks, those that extend FRAMES, and those that these and template tags name.
    """
    rooms = [settings.BASE_DIR / room for room in ROOMS]
    paths = {
        f"{path}".rpartition("/templates/")[2]: path
        for room in rooms
        for path in room.glob("templates/**/*.html")
    }
    paths |= {f"{path}": path for room in rooms for path in room.glob("templatetags/*.py")}
    named = {name: set(NAME.findall(path.read_text())) & paths.keys() for name, path in paths.items()}
    found = {block.meta.template for block in StoryBody().child_blocks.values()} & paths.keys()
    found |= {name for name, others in named.items() if others & FRAMES or name.endswith(".py")} | FRAMES
    while new := set().union(*(named[name] for name in found)) - found:
        found |= new
    return READERS_MODULES + [f"{paths[name].relative_to(settings.BASE_DIR)}" for name in found]


def read_words(patterns):
    """Return the translatable texts in the files of `patterns`: each is a string or (singular, plural)."""
    found = set()
    for source in read_source(patterns):
        for _line, message, _comments, _context in extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS
        ):
            found.add(message)
    return found


def read_catalogue(language, folder=FOLDER):
    with (folder / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def in_forms(text):
    return [text] if isinstance(text, str) else list(text)


def texts_of(catalogue):
    """Return {English forms: forms} of the texts that `catalogue` translates."""
    messages = (message for message in catalogue if message.id)
    texts = {tuple(in_forms(message.id)): in_forms(message.string) for message in messages}
    return {english: forms for english, forms in texts.items() if any(forms)}


def find_missing(words, language):
    """Return those of `words` without a translation, or without one for each plural form."""
    catalogue = read_catalogue(language)
    return [text for text in words if not is_complete(text, catalogue.get(in_forms(text)[0]), language)]


def is_complete(words, message, language):
    if message is None or message.fuzzy:
        return False
    forms = in_forms(message.string)
    return all(forms) and len(forms) == (1 if isinstance(words, str) else PLURAL_FORMS[language])


@pytest.fixture(scope="module")
def words():
    found = read_words(f"{room}/**/*" for room in ROOMS)
    # From a template, from Python and with a plural.
    assert {"Skip to the content", "lead picture", ("%(number)s story", "%(number)s stories")} <= found
    assert len(found) > 300, "most texts were not found"
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_interface_is_translated(words, language):
    missing = find_missing(words, language)

    assert not missing, f"Run `make messages` and translate: {missing}"


def test_every_text_for_readers_is_in_arabic():
    words = read_words(find_readers_files())
    assert {"Sign in with %(name)s", "Listen:", ("%(number)s story", "%(number)s stories")} <= words

    missing = find_missing(words, "ar")

    assert not missing, f"Run `make messages` and translate: {missing}"


def test_every_text_of_a_filter_is_in_arabic():
    labels = [each.label for each in SEARCH_FILTERS]
    choices = [each.choices.choices for each in SEARCH_FILTERS if isinstance(each, ChoiceFilter)]
    labels += [label for pairs in choices for _value, label in pairs]
    with translation.override("ar"):
        labels += [get_kind(model)[1] for model in page_types()]
        english = [str(label) for label in labels if re.search("[A-Za-z]", str(label))]

    assert not english, f"Run `make messages` and translate into Arabic: {english}"


@pytest.mark.parametrize("language", PLURAL_FORMS)
def test_translations_keep_placeholders_and_tags(language):
    for english, forms in texts_of(read_catalogue(language)).items():
        expected = FIXED.findall(english[-1])
        for number, form in enumerate(forms):
            found = FIXED.findall(form)
            # In Arabic, the forms for 0, 1 and 2 say the number as a word.
            if language == "ar" and len(forms) > 1 and number in (0, 1, 2):
                # All these texts count in %(number)s or %(minutes)s.
                found = {*found, "%(number)s" if "%(number)s" in expected else "%(minutes)s"}
            assert sorted(found) == sorted(expected), english


@pytest.mark.parametrize("folder", settings.LOCALE_PATHS, ids=lambda path: path.name)
def test_compiled_catalogues_are_up_to_date(folder):
    for language in (path.name for path in folder.iterdir()):
        with (folder / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
            compiled = texts_of(read_mo(file))

        assert compiled == texts_of(read_catalogue(language, folder)), "Run `make messages`"


def test_each_language_has_a_catalogue():
    assert {path.name for path in FOLDER.iterdir()} == set(PLURAL_FORMS)
    assert {path.name for path in WAGTAILS.iterdir()} == {settings.LANGUAGE_CODE, *TRANSLATED}
    assert {code for code, _name in settings.LANGUAGES} == {settings.LANGUAGE_CODE, *PLURAL_FORMS}


@pytest.mark.parametrize("language", [settings.LANGUAGE_CODE, *TRANSLATED])
def test_words_of_wagtail_are_replaced_where_they_puzzle(language):
    replaced, wagtails = texts_of(read_catalogue(language, WAGTAILS)), set()
    roots = [Path(package.__file__).parent for package in (wagtail, auth)]
    for path in (path for root in roots for path in root.rglob("locale/en/LC_MESSAGES/django*.po")):
        with path.open("rb") as file:
            wagtails |= {tuple(in_forms(message.id)) for message in read_po(file)}
    assert replaced.keys() <= wagtails, "Wagtail says it otherwise now"
    for english, forms in replaced.items():
        for form in forms:
            # Values of other names would raise KeyError.
            assert set(PLACEHOLDER.findall(form)) <= set(PLACEHOLDER.findall(" ".join(english)))
    with translation.override(language):
        puzzling = [gettext(words) for words in PUZZLING]
    assert re.findall("(?i)locale|r[eé]gi|snippet|fragment|gro?up|wagtail|aging|%", " ".join(puzzling)) == []


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [
        ("en", "4 March 2025, 16:30 UTC", "4 Mar 2025, 16:30 UTC"),
        ("es", "4 de marzo de 2025, 16:30 UTC", "04/03/2025 16:30 UTC"),
        ("fr", "4 mars 2025 16:30 UTC", "04/03/2025 16:30 UTC"),
        ("ar", "4 مارس، 2025، 16:30 UTC", "04\u200f/03\u200f/2025 16:30 UTC"),
    ],
)
def test_dates_with_a_time_have_the_time_zone_and_no_month_before_the_day(language, long, short):
    moment = datetime(2025, 3, 4, 16, 30, tzinfo=UTC)
    with translation.override(language):
        assert date_format(moment, "DATETIME_FORMAT") == long
        assert date_format(moment, "SHORT_DATETIME_FORMAT") == short


def test_plurals_follow_the_language():
    for language, expected in {
        "fr": {0: "0 récit", 1: "1 récit", 2: "2 récits"},
        "es": {0: "0 historias", 1: "1 historia", 2: "2 historias"},
        "ar": {0: "لا قصص", 1: "قصة واحدة", 2: "قصتان", 3: "3 قصص", 11: "11 قصة", 100: "100 قصة"},
    }.items():
        with translation.override(language):
            texts = {
                n: ngettext("%(number)s story", "%(number)s stories", n) % {"number": n} for n in expected
            }
        assert texts == expected
