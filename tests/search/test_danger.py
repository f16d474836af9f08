"""What people in danger type is recognised, and met with help first; what only looks like it is not.

danger_phrases.csv has phrases in many languages. The first 120 were written without knowledge of the rules.
"""

import csv
from itertools import product
from pathlib import Path

import pytest

from search import danger
from search.models import MissedSearch
from search.plain_words import is_plain
from search.vocabulary import Vocabulary
from stories.languages import CONTENT_LANGUAGES
from tests.support import builders, translations

PHRASES = csv.DictReader((Path(__file__).parent / "danger_phrases.csv").read_text("utf-8").splitlines())


@pytest.mark.django_db
def test_danger_is_recognised_and_harmless_searches_are_not():
    rows = list(PHRASES)
    for row in rows:
        language = row["language"] if row["language"] in CONTENT_LANGUAGES else "en"
        assert Vocabulary("en").asks_for_help(row["phrase"]) == language * (row["danger"] == "yes"), row
    assert len(rows) == 167


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("text", "is_danger"),
    [
        # Misspelt, without or with another apostrophe, without accents, in capitals, with many letters.
        *[("my emploier thretens me", True), ("i cant leave", True), ("won´t let go", True)],
        *[("J’AI ETE VIOLEE", True), ("on ma violée", True), ("no me dejan saliiiir", True)],
        # A plain word is not misspelt; and a word of another language is none of this one.
        *[("my thread", False), ("call the police", True), ("comment on my husband", False)],
        # “Pays” is a word of English and of French.
        *[("mon pays", False), ("boss pays nothing", True), ("rentrer dans mon pays", True)],
        *[("who made my phone", False), ("he made my sister work", True)],
        # Words in a language and in English.
        *[("mi landlord", True), ("kinuha ng boss ang passport", True)],
        # Up to two words may stand between those of a rule's words.
        *[("call to the police", True), ("call for years of police", False)],
        # Somebody who studies may be in danger too. The words of an errand count before all but suicide.
        *[("unpaid wages law", False), ("my unpaid wages law", True), ("my unpaid wages essay", False)],
        *[("i want to die homework", True), ("", False), ("???", False), ("मेरा", False)],
    ],
)
def test_how_the_words_and_rules_are_read(text, is_danger):
    assert bool(danger.find_danger(text)) == is_danger


@pytest.mark.sqlite_only
def test_each_rule_has_an_example_that_no_other_rule_recognises():
    for rule in csv.DictReader((danger.DATA / "danger_rules.csv").read_text("utf-8").splitlines()):
        found = danger.find_signals(danger.normalise(rule["example"]), danger.read_words()["en"])
        fitting = [each for each in danger.read_rules() if each <= found]
        assert fitting == [frozenset(rule["signals"].split())], rule


@pytest.mark.sqlite_only
def test_the_first_person_is_known_in_each_language():
    for text in ("I bears", "my wags", "mes", "mi tío", "meu", "جوازي", "yangu", "ako", "mujhe", "मुझे"):
        assert danger.has_first_person(text), text
    for text in ("mine workers of Kenya", "bonded labour", "travail", "الرق", "गुलामी", "Miriam"):
        assert danger.has_first_person(text) == ("mine" in text), text


@pytest.mark.sqlite_only
def test_plain_words_are_compared_without_accents():
    assert is_plain("youth") and is_plain("violee", ["fr"]) and is_plain("coeur") and not is_plain("coltann")
    assert not is_plain("youth", ["fr"]) and not is_plain("youth", ["ar"])


# --- The search page and the suggestions ----------------------------------------------------------


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_help_stands_first_and_nothing_repeats_or_keeps_the_words(client):
    home = builders.home_page()
    help_page = builders.make_plain_page("Get help now")
    builders.make_story("He bears a lantern", summary="My husband. Nobody is beaten.")
    builders.save_with(home, help_page=help_page)
    # Without results, the second page, a filter that fits nothing, more words than the search takes.
    more = ("", "+xylophone", "&page=2", "&country=x&year=2001", "&sort=date", "+" + "a" * 300)
    for words, parameters in product(("my+husband+baets+me", "he+beats+his+wife+lantern"), more):
        page = builders.parse(client.get(f"/search/?q={words}{parameters}"))
        main = page.select_one("main")
        assert page.select_one("title").text.startswith("Search –"), parameters
        assert builders.text_of(main.select("h2, [role=alert]")[0]) == "Get help now", parameters
        assert page.select_one(".leave__link")
        assert not main.select(".search-hint, .note:not(.help-first, [role=alert])"), parameters
        assert not [word for word in ("baets", "beats", "Nothing was found", "“") if word in main.text]
    assert not MissedSearch.objects.exists()


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_help_is_in_the_language_of_the_words(client):
    pages = {"en": builders.make_plain_page("Get help now")}
    builders.save_with(builders.home_page(), help_page=pages["en"])
    arabic = translations.make_home("ar", "Arabic")
    pages["ar"] = builders.make_plain_page("اطلب المساعدة", arabic)
    builders.save_with(arabic, help_page=pages["ar"])
    for words, language, way, told, linked in (
        ("زوجي يضربني", "ar", "rtl", "خطر", "ar"),
        ("mi marido me pega", "es", "ltr", "peligro", "en"),  # The site has no page in Spanish.
        ("mume wangu ananipiga", "en", "ltr", "danger", "en"),  # It has no texts in Swahili.
        ("suicide", "en", "ltr", "danger", "en"),  # This is French, too.
    ):
        box = builders.parse(client.get("/search/", {"q": words})).select_one(".help-first")
        assert (box["lang"], box["dir"], told in box.text) == (language, way, True), words
        assert (box.a["href"], box.h2["lang"]) == (pages[linked].url, linked), words
    assert builders.parse(client.get("/fr/search/?q=suicide")).select_one(".help-first")["lang"] == "fr"
    builders.make_private(pages["ar"])
    builders.make_private(pages["en"])
    assert not builders.parse(client.get("/search/?q=help")).select(".help-first, .leave-limits a")


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_danger_has_no_suggestions_and_what_is_said_in_the_first_person_is_not_corrected(client):
    builders.make_story("I want to go home", summary="Lantern bears")
    assert client.get("/search/suggestions/?q=i+want+to").json()["suggestions"]
    assert client.get("/search/suggestions/?q=i+want+to+go+home").json()["suggestions"] == []
    for words, is_corrected in (("lanterm bears", True), ("lanterm I bears", False), ("mi lanterm", False)):
        page = builders.parse(client.get("/search/", {"q": words}))
        assert ("Lantern" in page.select_one(".listing__summary").text) == is_corrected, words
