"""Countries, themes and authors: names, addresses that stay, and how editors find them."""

import re

import pytest
from django.db.models import ProtectedError
from django.utils import translation

from stories.terms import Author, Country, Theme, fold
from tests.builders import make_story, make_theme, make_user

pytestmark = pytest.mark.django_db


def test_all_countries_are_there_with_a_slug_and_a_region_each():
    countries = list(Country.objects.all())
    assert len(countries) == 249
    assert len({country.slug for country in countries}) == 249
    assert {country.region for country in countries} == set(Country.Region.values)
    for country in countries:
        assert country.name != country.code


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Germany"), ("fr", "Allemagne"), ("es", "Alemania"), ("ar", "ألمانيا"), ("xx", "Germany")],
)
def test_name_of_a_country_follows_the_language(language, name):
    with translation.override(language):
        assert str(Country.objects.get(code="DE")) == name


def test_a_country_that_cldr_does_not_know_is_shown_by_its_code():
    assert str(Country(code="Q9")) == "Q9"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kenya", "KE"),
        ("KEN", "KE"),
        ("cote d", "CI"),
        ("Côte d", "CI"),
        ("alema", "DE"),
        ("rdc", None),
        ("كينيا", "KE"),
    ],
)
def test_countries_are_found_by_part_of_a_name_in_any_language(text, code):
    found = {country.code for country in Country.objects.named_like(text)}
    assert (code in found) if code else not found


def test_fold_drops_accents_and_case():
    assert fold("KÉDOUGOU Conexión") == "kedougou conexion"


def test_slug_of_a_theme_stays_when_its_name_changes(client):
    make_story("A story", themes=["Forced labour"])
    theme = Theme.objects.get(name="Forced labour")
    theme.name = "Forced work"
    theme.save()
    page = client.get("/stories/theme/forced-labour/").content.decode()
    assert "Forced work" in page


def test_slugs_of_themes_never_meet():
    first, second = make_theme("Debt bondage"), make_theme("Debt, bondage!")
    third = make_theme("؟")
    assert first.slug == "debt-bondage"
    assert second.slug == "debt-bondage-2"
    assert third.slug


def test_a_theme_in_another_script_has_an_address_of_its_own(client):
    make_story("قصة", themes=["الحرية"])
    assert "قصة" in client.get("/stories/theme/الحرية/").content.decode()


@pytest.mark.parametrize("term", [Country, Theme, Author])
def test_what_a_story_uses_can_not_be_deleted(term):
    story = make_story(countries=["KE"], themes=["Mining"], authors=["Staff"])
    used = {Country: story.countries, Theme: story.themes, Author: story.authors}[term][0]
    with pytest.raises(ProtectedError):
        used.delete()


@pytest.mark.parametrize(
    ("address", "words", "found", "left_out"),
    [
        ("/admin/snippets/choose/stories/country/results/", "cote", "Côte d", "Kenya"),
        ("/admin/snippets/choose/stories/theme/results/", "min", "Mining", "Trafficking"),
        ("/admin/snippets/choose/stories/author/results/", "sta", "Staff", "Amina"),
        ("/admin/snippets/stories/country/results/", "kenia", "Kenya", "Senegal"),
        ("/admin/snippets/stories/theme/results/", "min", "Mining", "Trafficking"),
    ],
)
def test_editors_find_terms_by_name(client, address, words, found, left_out):
    for name in ("Mining", "Trafficking"):
        make_theme(name)
    for name in ("Staff", "Amina"):
        Author.objects.create(name=name)
    client.force_login(make_user("Editors"))
    page = client.get(address, {"q": words}).content.decode()
    assert found in page
    assert left_out not in page


def test_lists_say_how_many_stories_a_term_has(client):
    make_story(themes=["Mining"], countries=["KE"])
    make_story(themes=["Mining"], countries=["KE"])
    client.force_login(make_user("Editors"))
    for address, name in (("theme/", "Mining"), ("country/?q=kenya", "Kenya")):
        page = client.get(f"/admin/snippets/stories/{address}").content.decode()
        assert re.search(rf"{name}.*?<td[^>]*>\s*2\s*</td>", page, re.DOTALL), address
