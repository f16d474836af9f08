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


def test_country_is_found_by_its_names_in_all_languages():
    make_story("A journey home", countries=["KE"])
    make_story("Another", countries=["UG"])
    names = ["Kenya", "KENIA", "Kenyan", "kenyans", "kényane", "keniano", "كينيا"]
    assert [name for name in names if found(name) != ["A journey home"]] == []


def test_alias_in_a_text_comes_before_the_country_and_its_other_names():
    make_story("Twelve Congolese miners")
    make_story("Cobalt", countries=["CD"])
    make_story("Across the DRC")
    make_story("Kenya", countries=["KE"])
    assert found("DRC") == ["Across the DRC", "Cobalt", "Twelve Congolese miners"]
    make_story("Timber", countries=["CG"])
    assert set(found("Congolese")) > {"Cobalt", "Timber"}
    assert {"countrycd0", "countrycg0"} <= set(synonyms("Congo"))


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


def test_country_has_at_most_six_synonyms():
    for typed in ("DRC", "USA", "Congolese", "British", "Ivory Coast", "UAE"):
        # The tokens of countries have a weight of 3.
        assert 1 <= len([each for each in synonyms(typed).values() if each.weight < 1]) <= 6, typed


def test_country_name_of_several_words_finds_the_country():
    make_story("Cocoa", countries=["CI"])
    make_story("Elephants", summary="Ivory from the coast.")
    assert set(found("ivory coast")) == {"Cocoa", "Elephants"}
    assert found("Côte d'Ivoire") == found("costa de marfil") == ["Cocoa"]


def test_group_can_give_a_country_another_name():
    make_story("A journey home", countries=["KE"])
    assert found("Magic Savannah") == []
    make_group("Magic Savannah", "Kenya")
    assert found("magic savannah") == ["A journey home"]


def test_stop_word_is_no_country_name():
    assert synonyms("us") == {}
    assert "countryus0" in synonyms("USA")


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
