"""Groups of equal terms in the search vocabulary, and the words that a search page says it searched too."""

import csv
import re

import pytest

from search.models import VocabularyGroup
from search.similar_words import VOCABULARY_FILE
from search.vocabulary import Vocabulary
from tests.support.builders import make_story, parse, save_with
from tests.support.translations import make_index_in
from tests.support.undone import undone
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


@pytest.mark.sqlite_only
def test_term_that_contains_a_shorter_one_of_its_group_is_no_synonym(no_default_groups):
    make_group("trafficking", "human trafficking", "traite", "traite des personnes")
    assert list(synonyms("trafficking")) == ["trait"]
    assert list(synonyms("human trafficking")) == ["traffick", "trait"]


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


def test_a_vocabulary_is_read_with_one_query_and_its_terms_have_at_most_nine_words(
    no_default_groups, django_assert_num_queries
):
    make_story(themes=["Debt"], authors=["Staff"])
    make_group("one two three four five six seven eight nine ten", "short")
    with django_assert_num_queries(1):
        vocabulary = Vocabulary("en")
        vocabulary.synonyms(["kenya"])
        vocabulary.asks_for_help("help me")
    assert vocabulary.max_term_words == 9


def test_a_longer_term_finds_all_that_a_shorter_one_within_it_finds(no_default_groups):
    make_story("A camp of working children")
    for group in (("child labour", "working children"), ("child labour camp", "gulag")):
        make_group(*group)
        assert found("child labour camp") == ["A camp of working children"]


# --- Default groups ------------------------------------------------------------------------------


# What is typed: the title of the story that it finds.
EQUAL_TERMS = """
    labor: Of labour; organization: They organised; slaves: Of enslavement; slavery: The enslaved
    bonded labor: Debt bondage; compulsory labour: Of forced labor; working children: Child labour
    human trafficking: Traffickers; maid: A domestic worker; broker: The recruitment agents
    sponsorship system: Kafala; ILO: The International Labour Organization; OIT: The ILO; ONG: A charity
    esclavage: Of slavery; trata de personas: Of trafficking; travail forcé: Of forced labour
    trabajo infantil: Of child labor; servidumbre por deudas: Of bonded labour; العبودية: Of slavery
    sobreviviente: A survivor; orpailleurs: Of gold mining
"""


@pytest.mark.sqlite_only
def test_default_groups_find_equal_terms(subtests):
    make_story("Something else")
    for row in re.split("[;\n]", EQUAL_TERMS.strip()):
        with subtests.test(row), undone():
            typed, title = row.strip().split(": ")
            make_story(title)
            assert found(typed) == [title]


# “or” is the French word for gold, and an English stop word.
@pytest.mark.sqlite_only
def test_default_groups_find_no_other_subjects():
    for title in ("Of trafficking", "Of gold"):
        make_story(title)
    assert found("smuggling") == found("or") == []


def test_default_groups_are_valid():
    with VOCABULARY_FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for group, row in zip(VocabularyGroup.objects.order_by("pk"), rows, strict=True):
        assert group.leads_to_help == (row.pop("leads_to_help") == "yes")
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
    # Names of countries are in the language of the page.
    ("Kenyan", "ar", ["كينيا"]),
    # An editor's words, whose languages are unknown: Arabic letters are for readers of Arabic.
    ("lanternlight", "en", ["lampglow"]),
    ("lanternlight", "fr", ["lampglow"]),
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
