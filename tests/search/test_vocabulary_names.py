"""Names of countries, themes and authors in the search vocabulary."""

import pytest
from wagtail.models import Locale

from stories.terms import Author, Theme
from tests.support.builders import make_story, save_with
from tests.support.vocabulary import found, make_group, synonyms

pytestmark = pytest.mark.django_db

# The index token of Kenya: a word that only the search index has, with each story from there. Its weight in
# the ranking is 3, and that of a synonym in a text 0.5, where a typed word has 1.
KENYA = "countryke0"


# --- Countries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Kenya", "KENIA", "Kenyan", "kenyans", "kényane", "keniano", "كينيا"])
def test_country_is_found_by_its_names_in_all_languages(typed):
    make_story("A journey home", countries=["KE"])
    make_story("Another", countries=["UG"])

    assert found(typed) == ["A journey home"]


def test_alias_in_a_text_comes_before_the_country_and_its_other_names():
    make_story("Twelve Congolese miners")
    make_story("Cobalt", countries=["CD"])
    make_story("Across the DRC")
    make_story("Kenya", countries=["KE"])

    assert found("DRC") == ["Across the DRC", "Cobalt", "Twelve Congolese miners"]


def test_name_of_a_country_counts_as_typed_and_an_alias_as_added():
    name, alias = synonyms("Kenia")[KENYA], synonyms("Kenyan")[KENYA]

    assert (name.is_typed, name.weight, name.label) == (True, 3, "")
    assert (alias.is_typed, alias.weight, alias.label) == (False, 3, "Kenya")
    assert synonyms("keniano", "es")[KENYA].label == "Kenia"
    assert "kenya" not in synonyms("Kenya")
    word = synonyms("Kenyan")["kenya"]
    assert (word.is_typed, word.weight, word.label) == (False, 0.5, "Kenya")


def test_word_that_means_two_countries_finds_both():
    make_story("Cobalt", countries=["CD"])
    make_story("Timber", countries=["CG"])

    assert set(found("Congolese")) == {"Cobalt", "Timber"}
    assert {"countrycd0", "countrycg0"} <= set(synonyms("Congo"))


@pytest.mark.parametrize("typed", ["DRC", "USA", "Congolese", "British", "Ivory Coast", "UAE"])
def test_country_has_at_most_six_synonyms(typed):
    # The tokens of countries have a weight of 3.
    in_texts = [phrase for phrase in synonyms(typed).values() if phrase.weight < 1]

    assert 1 <= len(in_texts) <= 6


def test_country_name_of_several_words_finds_the_country():
    make_story("Cocoa", countries=["CI"])
    make_story("Elephants", summary="Ivory from the coast.")

    assert set(found("ivory coast")) == {"Cocoa", "Elephants"}
    assert found("Côte d'Ivoire") == ["Cocoa"]
    assert found("costa de marfil") == ["Cocoa"]


def test_group_can_give_a_country_another_name():
    make_story("A journey home", countries=["KE"])
    assert found("Magic Savannah") == []

    group = make_group("Magic Savannah", "Kenya")
    assert found("magic savannah") == ["A journey home"]

    group.delete()
    assert found("magic savannah") == []


def test_stop_word_is_no_country_name():
    assert synonyms("us") == {}
    assert "countryus0" in synonyms("USA")


# --- Themes and authors --------------------------------------------------------------------------


def test_theme_is_found_by_each_of_its_words():
    make_story("A journey home", themes=["Forced labour"])
    make_story("Another", themes=["Law and the courts"])

    for typed in ("forced labour", "labour", "FORCED", "forced journey"):
        assert found(typed) == ["A journey home"]
    token = Theme.objects.get(name="Forced labour").index_token
    assert (synonyms("forced")[token].is_typed, synonyms("forced")[token].weight) == (True, 3)
    assert synonyms("and") == {}


def test_stop_word_of_a_theme_finds_nothing_and_a_name_with_its_stem_does():
    spanish = Locale.objects.create(language_code="es")
    theme = Theme.objects.create(name="Comida para todos", locale=spanish)

    assert synonyms("para", "es") == synonyms("como", "es") == {}
    assert list(synonyms("comida", "es")) == [theme.index_token]


@pytest.mark.parametrize("typed", ["forced labor", "labor", "compulsory labour", "travail forcé"])
def test_theme_is_found_by_equal_terms(typed):
    make_story("A journey home", themes=["Forced labour"])

    assert found(typed) == ["A journey home"]


@pytest.mark.parametrize("model", [Theme, Author])
def test_renamed_theme_or_author_is_found_by_the_new_name_at_once(model):
    make_story("A journey home", themes=["Lantern"], authors=["Lantern"])
    make_story("Another")
    other = Author if model is Theme else Theme
    other.objects.update(name="Nobody")
    assert found("lantern") == ["A journey home"]

    save_with(model.objects.get(name="Lantern"), name="Harbourmaster")

    assert found("lantern") == []
    assert found("harbourmaster") == ["A journey home"]


def test_themes_of_another_language_are_ignored():
    french = Locale.objects.create(language_code="fr")
    theme = Theme.objects.create(name="Lanterne", locale=french)

    assert synonyms("lanterne") == {}
    assert list(synonyms("lanterne", "fr")) == [theme.index_token]
