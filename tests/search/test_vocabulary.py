"""The search vocabulary: groups of equal terms, names, and the words that a page says it searched too."""

import csv

import pytest
from wagtail.models import Locale

from search import similar_words, vocabulary
from search.models import VocabularyGroup
from stories.terms import Author, Theme
from tests.support.builders import make_story, parse, save_with
from tests.support.translations import make_index_in
from tests.support.vocabulary import also_searched, found, make_group, synonyms

pytestmark = pytest.mark.django_db


def test_term_finds_the_others_of_its_group_after_the_typed_words(no_default_groups):
    make_group("peonage", "Debt bondage")
    both, apart = "Of debt bondage and debt bondage", "Of debt, and of bondage"
    for title in ("Of peonage", both, apart):
        make_story(title)
    assert found("peonage") == ["Of peonage", both]
    # The words of a typed term need not be adjacent.
    assert set(found("debt bondage")) == {both, apart, "Of peonage"}
    synonym = synonyms("PEONAGE")["debt bondag"]
    assert (synonym.is_typed, synonym.weight, synonym.label) == (False, 0.5, "Debt bondage")


def test_term_may_be_in_several_groups(no_default_groups):
    make_group("freed", "rescued", "réscued")
    make_group("freed", "liberated", "rescue")
    # Synonyms are stems, so “rescued” and “rescue” are one.
    assert list(synonyms("freed")) == ["rescu", "liber"]
    for letter in "klm":
        make_group("freed", *(f"{letter}o{first}{second}" for first in "abcdef" for second in "abcdef"))
    assert len(synonyms("freed")) == VocabularyGroup.MAX_TERMS
    make_group("one two three four five six seven eight nine ten", "short")
    assert vocabulary.Vocabulary("en").max_term_words == 9


@pytest.mark.sqlite_only
def test_term_that_contains_a_shorter_one_of_its_group_is_no_synonym(no_default_groups):
    make_group("trafficking", "human trafficking", "traite", "traite des personnes")
    assert list(synonyms("trafficking")) == ["trait"]
    assert list(synonyms("human trafficking")) == ["traffick", "trait"]


@pytest.mark.sqlite_only
def test_wider_terms_are_found_by_the_others_which_find_nothing_else(no_default_groups):
    make_group("phone", "laptop", "> cobalt", "> mine")
    assert [list(synonyms(word)) for word in ("phone", "cobalt")] == [["cobalt", "mine"], []]
    assert also_searched("laptop") == ["cobalt", "mine"]


def test_a_question_is_what_it_means_and_a_theme_that_is_meant_counts_like_the_typed_word():
    make_story("Knowing", summary="She told of prostitution.")
    make_story("A sign", themes=["Sexual exploitation"])
    assert found("how do I know") == ["A sign"]
    assert found("prostitution") == ["A sign", "Knowing"]


@pytest.mark.sqlite_only
def test_terms_are_analysed_in_the_language_of_the_pages(no_default_groups):
    make_group("UN", "ONU")
    make_group("!!!", "…", "ONU", "Nations Unies")
    assert list(synonyms("ONU", "en")) == ["un", "nation uni"]
    # In French, “un” is a stop word.
    assert (list(synonyms("ONU", "fr")), synonyms("un", "fr")) == (["nation uni"], {})


def test_new_changed_and_deleted_groups_have_effect_at_once(no_default_groups):
    make_story("Of peonage")

    def which_find_it():
        return [word for word in ("servitude", "serfdom") if found(word) == ["Of peonage"]]

    assert which_find_it() == []
    group = make_group("peonage", "servitude")
    assert which_find_it() == ["servitude"]
    save_with(group, terms="peonage\nserfdom")
    assert which_find_it() == ["serfdom"]
    group.delete()
    assert which_find_it() == []


def test_adding_a_group_loses_no_result():
    for title in ("Bonded labour in brick kilns", "A bonded child, and labor", "Debt bondage"):
        make_story(title)
    texts = ["bonded labor", "labor", "bonded", "labour brick", "debt bondage"]
    before = {text: set(found(text)) for text in texts}
    assert "Bonded labour in brick kilns" in before["bonded labor"]
    for terms in (("bonded labor", "peonage"), ("bonded", "tied"), ("labour brick", "kiln work")):
        make_group(*terms)
    assert [text for text in texts if not before[text] <= set(found(text))] == []


def test_a_longer_term_finds_all_that_a_shorter_one_within_it_finds(no_default_groups):
    make_story("A camp of working children")
    for group in (("child labour", "working children"), ("child labour camp", "gulag")):
        make_group(*group)
        assert found("child labour camp") == ["A camp of working children"]


# --- Default groups ------------------------------------------------------------------------------


# tests/search/test_queries.py tests which terms the default groups and the names of countries have. “or” is
# the French word for gold, and an English stop word.
@pytest.mark.sqlite_only
def test_default_groups_find_no_other_subjects():
    for title in ("Of trafficking", "Of gold"):
        make_story(title)
    assert found("smuggling") == found("or") == []


def test_default_groups_are_valid():
    with similar_words.VOCABULARY_FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for group, row in zip(VocabularyGroup.objects.order_by("pk"), rows, strict=True):
        lines = group.lines
        assert set(lines) == {term for cell in row.values() for term in cell.split("; ")} - {""}
        group.full_clean()
        assert group.lines == lines, "there are duplicate terms"


# --- “Also searched” -----------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_added_words_are_listed_once_in_order_without_typed_ones_and_at_most_eight(no_default_groups):
    make_group("maid", "housemaid", "domestic worker")
    make_group("labour", "labor", "work force")
    make_group(*(f"lantern{letter}" for letter in "abcdefghijkl"))
    for typed, listed in {
        "maid": ["housemaid", "domestic worker"],
        "domestic worker maid": ["housemaid"],
        "Labor labour maids": ["work force", "housemaid", "domestic worker"],
        "candle": [],
        "lanterna": [f"lantern{letter}" for letter in "bcdefghi"],
    }.items():
        assert also_searched(typed) == listed
    # Names of countries are no group: search/data/country_terms.csv has them.
    assert also_searched("Kenyan")[0] == "Kenya"


# (what is typed, the language of the page, the words that are listed).
LISTED = [
    ("esclavage", "fr", ["esclave"]),
    # Readers of French are shown French words for an English one.
    ("slavery", "fr", ["esclavage", "esclave"]),
    ("العبودية", "ar", ["الرق"]),
    ("slavery", "ar", ["العبودية", "الرق"]),
    # A word of two languages is listed in both.
    ("tribunal", "en", ["court", "trial", "judge", "lawsuit", "litigation"]),
    ("juge", "fr", ["tribunal"]),
    ("Kenyan", "ar", ["كينيا"]),  # Names of countries are in the language of the page.
    # An editor's words, whose languages are unknown: Arabic letters are for readers of Arabic.
    *(("lanternlight", language, ["lampglow"]) for language in ("en", "fr")),
    ("lanternlight", "ar", ["ضوء"]),
]


@pytest.mark.sqlite_only
def test_words_of_other_languages_are_not_listed():
    make_group("lanternlight", "lampglow", "ضوء")
    listed = [(typed, language, also_searched(typed, language)) for typed, language, _words in LISTED]
    assert listed == LISTED


@pytest.mark.sqlite_only
def test_listed_words_have_the_language_of_the_page_if_it_is_known(client):
    make_group("esclavage", "lanternlight")
    make_index_in("fr")
    terms = parse(client.get("/fr/search/?q=esclavage")).select(".search-hint bdi")
    assert {term.text: term["lang"] for term in terms} == {"esclave": "fr", "lanternlight": ""}


# --- Names of countries, themes and authors -------------------------------------------------------


# The index token of Kenya: a word that only the search index has, with each story from there. Its weight in
# the ranking is 3, and that of a synonym in a text 0.5, where a typed word has 1.
KENYA = "countryke0"


# --- Countries -----------------------------------------------------------------------------------


def test_alias_in_a_text_comes_before_the_country_and_its_other_names():
    make_story("Twelve Congolese miners")
    make_story("Cobalt", countries=["CD"])
    make_story("Across the DRC")
    make_story("Kenya", countries=["KE"])
    assert found("DRC") == ["Across the DRC", "Cobalt", "Twelve Congolese miners"]
    make_story("Timber", countries=["CG"])
    assert set(found("Congolese")) > {"Cobalt", "Timber"}
    assert {"countrycd0", "countrycg0"} <= set(synonyms("Congo"))
    assert "countryus0" in synonyms("USA") and synonyms("us") == {}, "a stop word is no name"


def test_name_of_a_country_counts_as_typed_and_an_alias_as_added():
    for typed, language, token, expected in (
        ("Kenia", "en", KENYA, (True, 3, "")),
        ("Kenyan", "en", KENYA, (False, 3, "Kenya")),
        ("keniano", "es", KENYA, (False, 3, "Kenia")),
        ("Kenyan", "en", "kenya", (False, 0.5, "Kenya")),
    ):
        name = synonyms(typed, language)[token]
        assert (name.is_typed, name.weight, name.label) == expected, typed
    assert "kenya" not in synonyms("Kenya")


def test_a_region_or_a_place_finds_the_countries_which_do_not_find_it(no_default_groups):
    make_story("Gold", countries=["SN"])
    make_story("Of West Africa and of Dakar")
    for typed in ("West Africa", "Afrique de l’Ouest", "Sahel", "غرب أفريقيا", "Dakar"):
        assert "Gold" in found(typed), typed
    assert found("Senegal") == ["Gold"]
    assert found("South America") == found("Lagos") == []
    # A story that names the region says more about it than one from a country in it.
    assert found("West Africa") == ["Of West Africa and of Dakar", "Gold"]
    # Nor is a region, as a synonym, each of its countries.
    make_group("seafaring", "Gulf")
    assert list(synonyms("seafaring")) == ["gulf"]


def test_country_has_at_most_six_synonyms(no_default_groups):
    for typed in ("DRC", "USA", "Congolese", "British", "Ivory Coast", "UAE"):
        # The tokens of countries have a weight of 3.
        assert 1 <= len([each for each in synonyms(typed).values() if each.weight < 1]) <= 6, typed


def test_country_name_of_several_words_finds_the_country():
    make_story("Cocoa", countries=["CI"])
    make_story("Elephants", summary="Ivory from the coast.")
    assert set(found("ivory coast")) == {"Cocoa", "Elephants"}
    assert found("Côte d'Ivoire") == found("costa de marfil") == found("ساحل العاج") == ["Cocoa"]


def test_group_can_give_a_country_another_name():
    make_story("A journey home", countries=["KE"])
    assert found("Magic Savannah") == []
    make_group("Magic Savannah", "Kenya")
    assert found("magic savannah") == ["A journey home"]


# --- Themes and authors --------------------------------------------------------------------------


def test_theme_is_found_by_each_of_its_words_and_by_equal_terms():
    make_story("A journey home", themes=["Forced labour"])
    make_story("Another", themes=["Law and the courts"])
    names = ["forced labour", "labour", "FORCED", "forced journey"]
    names += ["forced labor", "labor", "compulsory labour", "travail forcé"]
    assert [name for name in names if found(name) != ["A journey home"]] == []
    theme = synonyms("forced")[Theme.objects.get(name="Forced labour").index_token]
    assert (theme.is_typed, theme.weight, synonyms("and")) == (True, 3, {})


def test_stop_word_of_a_theme_finds_nothing_and_a_name_with_its_stem_does():
    spanish = Locale.objects.create(language_code="es")
    theme = Theme.objects.create(name="Comida para todos", locale=spanish)
    assert list(synonyms("comida", "es")) == [theme.index_token]
    # Nor do the themes of another language count.
    assert synonyms("para", "es") == synonyms("como", "es") == synonyms("todos") == {}


@pytest.mark.parametrize(("model", "other"), [(Theme, Author), (Author, Theme)])
def test_renamed_theme_or_author_is_found_by_the_new_name_at_once(model, other):
    make_story("A journey home", themes=["Lantern"], authors=["Lantern"])
    make_story("Another")
    other.objects.update(name="Nobody")
    assert found("lantern") == ["A journey home"]
    save_with(model.objects.get(name="Lantern"), name="Harbourmaster")
    assert (found("lantern"), found("harbourmaster")) == ([], ["A journey home"])
