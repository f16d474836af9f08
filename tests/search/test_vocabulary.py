"""Groups of equal terms in the search vocabulary, and the words that a search page says it searched too."""

import csv

import pytest

from search.models import VocabularyGroup
from search.similar_words import VOCABULARY_FILE
from search.vocabulary import Vocabulary
from tests.support.builders import make_author, make_index, make_private, make_story, make_theme, parse
from tests.support.translations import make_index_in
from tests.support.undone import undone
from tests.support.vocabulary import also_searched, found, make_group, synonyms

pytestmark = pytest.mark.django_db


def test_term_finds_the_others_of_its_group_after_the_typed_words(no_default_groups):
    make_group("peonage", "Debt bondage")
    make_story("Of peonage")
    make_story("Of debt bondage and debt bondage")
    make_story("Of debt, and of bondage")

    assert found("peonage") == ["Of peonage", "Of debt bondage and debt bondage"]
    # The words of a typed term need not be adjacent.
    assert set(found("debt bondage")) == {
        "Of debt bondage and debt bondage",
        "Of debt, and of bondage",
        "Of peonage",
    }
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
    assert list(synonyms("ONU", "fr")) == ["nation uni"]
    assert synonyms("un", "fr") == {}


def test_new_changed_and_deleted_groups_have_effect_at_once(no_default_groups):
    make_story("Of peonage")
    assert found("servitude") == []

    group = make_group("peonage", "servitude")
    assert found("servitude") == ["Of peonage"]

    group.terms = "peonage\nserfdom"
    group.save()
    assert found("servitude") == []
    assert found("serfdom") == ["Of peonage"]

    group.delete()
    assert found("serfdom") == []


def test_adding_a_group_loses_no_result():
    make_story("Bonded labour in brick kilns")
    make_story("A bonded child, and labor")
    make_story("Debt bondage")
    texts = ["bonded labor", "labor", "bonded", "labour brick", "debt bondage"]
    before = {text: set(found(text)) for text in texts}
    assert "Bonded labour in brick kilns" in before["bonded labor"]

    make_group("bonded labor", "peonage")
    make_group("bonded", "tied")
    make_group("labour brick", "kiln work")

    for text in texts:
        assert before[text] <= set(found(text))


def test_group_finds_public_pages_only(no_default_groups):
    make_group("peonage", "debt bondage")
    private = make_private(make_index(make_index(), "Private"))
    make_story("Private debt bondage", parent=private)
    make_story("Draft of debt bondage", live=False)

    assert found("peonage") == []


def test_a_vocabulary_is_read_with_one_query(django_assert_num_queries):
    make_theme("Debt")
    make_author("Staff")

    with django_assert_num_queries(1):
        vocabulary = Vocabulary("en")
        vocabulary.synonyms(["kenya"])
        vocabulary.asks_for_help("help me")


def test_terms_of_more_than_nine_words_are_not_looked_for(no_default_groups):
    make_group("one two three four five six seven eight nine ten", "short")

    assert Vocabulary("en").max_term_words == 9


def test_a_longer_term_finds_all_that_a_shorter_one_within_it_finds(no_default_groups):
    make_group("child labour", "working children")
    make_story("A camp of working children")
    assert found("child labour camp") == ["A camp of working children"]
    make_group("child labour camp", "gulag")
    assert found("child labour camp") == ["A camp of working children"]


# --- Default groups ------------------------------------------------------------------------------


# (what is typed, the title of the story that it finds).
EQUAL_TERMS = [
    ("labor", "Of labour"),
    ("organization", "They organised"),
    ("slaves", "Of enslavement"),
    ("slavery", "The enslaved"),
    ("bonded labor", "Debt bondage"),
    ("compulsory labour", "Of forced labor"),
    ("working children", "Child labour"),
    ("human trafficking", "Traffickers"),
    ("maid", "A domestic worker"),
    ("broker", "The recruitment agents"),
    ("sponsorship system", "Kafala"),
    ("ILO", "The International Labour Organization"),
    ("OIT", "The ILO"),
    ("ONG", "A charity"),
    ("esclavage", "Of slavery"),
    ("trata de personas", "Of trafficking"),
    ("travail forcé", "Of forced labour"),
    ("trabajo infantil", "Of child labor"),
    ("servidumbre por deudas", "Of bonded labour"),
    ("sobreviviente", "A survivor"),
    ("orpailleurs", "Of gold mining"),
    ("العبودية", "Of slavery"),
]


@pytest.mark.sqlite_only
def test_default_groups_find_equal_terms(subtests):
    make_story("Something else")
    for typed, title in EQUAL_TERMS:
        with subtests.test(typed), undone():
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
    groups = list(VocabularyGroup.objects.order_by("pk"))

    for group, row in zip(groups, rows, strict=True):
        terms = {term for name, cell in row.items() if name != "leads_to_help" for term in cell.split("; ")}
        assert set(group.lines) == terms - {""}
    assert [group.leads_to_help for group in groups] == [row["leads_to_help"] == "yes" for row in rows]
    for group in groups:
        lines = group.lines
        group.full_clean()
        assert group.lines == lines, "there are duplicate terms"


# --- “Also searched” -----------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_added_words_are_listed_once_in_order_without_typed_ones(no_default_groups):
    make_group("maid", "housemaid", "domestic worker")
    make_group("labour", "labor", "work force")

    assert also_searched("maid") == ["housemaid", "domestic worker"]
    assert also_searched("domestic worker maid") == ["housemaid"]
    assert also_searched("Labor labour maids") == ["work force", "housemaid", "domestic worker"]
    assert also_searched("lantern") == []
    # Names of countries are no group: search/data/country_terms.csv has them.
    assert also_searched("Kenyan")[0] == "Kenya"


@pytest.mark.sqlite_only
def test_at_most_eight_added_words_are_listed(no_default_groups):
    make_group(*(f"lantern{chr(97 + number)}" for number in range(12)))

    assert len(also_searched("lanterna")) == 8


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
    for typed, language, listed in LISTED:
        assert also_searched(typed, language) == listed, (typed, language)


@pytest.mark.sqlite_only
def test_listed_words_have_the_language_of_the_page_if_it_is_known(client):
    make_group("esclavage", "lanternlight")
    make_index_in("fr")
    page = parse(client.get("/fr/search/?q=esclavage"))

    languages = {term.text: term["lang"] for term in page.select(".search-hint bdi")}
    assert languages == {"esclave": "fr", "lanternlight": ""}
