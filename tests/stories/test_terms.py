"""Terms: countries, themes and authors, their names and slugs, and how the admin lists and chooses them."""

import re

import pytest
from django.db.models import ProtectedError
from django.utils import translation
from wagtail.models import Locale
from wagtail.users.models import UserProfile

from stories.languages import language_choices, language_name
from stories.terms import Author, Country, Theme, fold
from tests.support.builders import make_author, make_private, make_story, make_theme, parse, save_with

pytestmark = pytest.mark.django_db


THEMES = "/admin/snippets/stories/theme/"


def titles(client, address, query=""):
    """Return the titles in a list of terms in the admin, or in a chooser, as it finds them for `query`.

    `address`: the end of the URL without "stories/", such as "theme/" or "choose/theme/results/".
    """
    address = address.replace("choose/", "choose/stories/") if "choose" in address else f"stories/{address}"
    page = parse(client.get(f"/admin/snippets/{address}", {"q": query} if query else {}))
    return [each.find("a").get_text(strip=True) for each in page.select("tbody td.title")]


# --- Countries -----------------------------------------------------------------------------------


def test_all_countries_are_there_from_the_start():
    countries = Country.objects.all()
    slugs, regions = {country.slug for country in countries}, {each.code: each.region for each in countries}
    assert len(countries) == len(slugs) == 249, "the countries of ISO 3166-1"
    assert all(re.fullmatch("[A-Z]{2}", code) for code in regions)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", slug) for slug in slugs)
    assert set(regions.values()) == set(Country.Region.values)
    expected = ["africa", "americas", "asia", "europe", "oceania"]
    assert [regions[code] for code in ("SN", "BO", "IN", "FR", "FJ")] == expected


@pytest.mark.parametrize(
    "names",
    [
        "en Senegal, Côte d’Ivoire, Germany",
        "fr Sénégal, Côte d’Ivoire, Allemagne",
        "es Senegal, Côte d’Ivoire, Alemania",
        "ar السنغال, ساحل العاج, ألمانيا",
        "xx Senegal, Côte d’Ivoire, Germany",  # unknown: in English
    ],
)
def test_countries_are_named_in_each_language(names):
    with translation.override(names[:2]):
        found = [Country.objects.get(code=code).name for code in ("SN", "CI", "DE")]
        assert ", ".join(found) == names[3:]
        assert all(country.name != country.code for country in Country.objects.all())
    assert str(Country(code="Q9")) == "Q9", "a country that CLDR lacks"


FOUND = {
    **{"cote d": "CI", "CÔTE": "CI", "senegal": "SN", "sénégal": "SN", "Allemagne": "DE", "alemania": "DE"},
    **{"السنغال": "SN", "niger": "NE NG", "guinea": "GN GQ GW PG", "no such country": ""},
    "Kinshasa": "CD",  # in CLDR's name, in the place of which the site has another
    **dict.fromkeys(['"', "%", "\\", "😀", "x" * 5000], ""),
}


def test_countries_are_found_by_part_of_a_name_in_any_language(editor):
    found = {text: " ".join(sorted(each.code for each in Country.objects.named_like(text))) for text in FOUND}
    assert found == FOUND
    assert len(Country.objects.named_like("")) == 249
    assert "South Africa" in [country.name for country in Country.objects.named_like(" ")]
    for address in ("/admin/snippets/stories/country/", "/admin/snippets/choose/stories/country/results/"):
        assert editor.get(address, {"q": '"%\\😀'}).status_code == 200


def test_fold_removes_accents_and_case():
    typed = "Of KENYA's Côte d’IVOIRE – Straße 𝐊𝐞𝐧𝐲𝐚 ℌ"
    assert fold(typed) == "of kenya's cote d’ivoire – strasse kenya h"


# --- Themes and authors --------------------------------------------------------------------------


def test_address_of_a_theme_stays_when_its_name_changes(client):
    make_story("A story", themes=["Forced labour"])
    save_with(Theme.objects.get(slug="forced-labour"), name="Modern slavery")
    page = parse(client.get("/stories/theme/forced-labour/"))
    assert (page.h1.text, page.select_one(".card__title").text) == ("Modern slavery", "A story")


def test_emptied_address_of_a_theme_is_made_anew(admin_client):
    """The old address can have a name that nobody may read."""
    address = f"{THEMES}edit/{make_theme('Bachelal').pk}/"
    fields = {"name": "Mining", "slug": make_theme("Debt").slug, "description": ""}
    assert "There is a theme with this address already." in admin_client.post(address, fields).text
    admin_client.post(address, fields | {"slug": ""})
    assert Theme.objects.get(name="Mining").slug == "mining"


def test_themes_have_different_slugs():
    # slugify() writes each of these characters out as four words.
    long = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 20
    # {name: slug of the theme that is made with it, in this order}.
    expected = {
        **{"Child labour": "child-labour", "Child, labour": "child-labour-2"},
        **{"Child-labour!": "child-labour-3", "عمل الأطفال": "عمل-الأطفال", "???": "theme", "!!!": "theme-2"},
    }
    assert {name: make_theme(name).slug for name in expected} == expected
    slugs = [make_theme(name).slug for name in (long, f"{long}!")]
    assert slugs[1] == f"{slugs[0]}-2"
    assert max(map(len, slugs)) <= Theme._meta.get_field("slug").max_length
    french = Locale.objects.create(language_code="fr")
    assert Theme.objects.create(name="Child labour", locale=french).slug == "child-labour"


@pytest.mark.sqlite_only
def test_theme_in_arabic_has_its_list(client):
    make_story("A story", themes=["عمل الأطفال"])
    tag = parse(client.get("/stories/a-story/")).select_one(".story__terms .tag")
    page = parse(client.get(tag["href"]))
    assert (page.h1.text, page.select_one(".listing__count").text.strip()) == ("عمل الأطفال", "1 story")


@pytest.mark.sqlite_only
def test_second_theme_of_the_same_name_is_refused_with_a_message(editor):
    debt, law = make_theme("Debt"), make_theme("Law")
    for address in ("add/", f"edit/{law.pk}/"):
        response = editor.post(f"{THEMES}{address}", {"name": "Debt", "description": ""})
        assert response.context["form"].errors == {"name": ["There is a theme with this name already."]}
    editor.post(f"{THEMES}edit/{debt.pk}/", {"name": "Debt", "description": "New."})
    assert sorted(Theme.objects.values_list("name", "description")) == [("Debt", "New."), ("Law", "")]


@pytest.mark.sqlite_only
def test_deleting_a_term_of_a_story_is_refused_without_an_error(moderator):
    make_story(themes=["Debt"], authors=["Staff"], countries=["KE"])
    for model in (Theme, Author):
        address = f"/admin/snippets/stories/{model._meta.model_name}/delete/{model.objects.get().pk}/"
        assert [way(address).status_code for way in (moderator.get, moderator.post)] == [200, 302]
        assert model.objects.exists()
    with pytest.raises(ProtectedError):
        Country.objects.get(code="KE").delete()
    Country.objects.get(code="UG").delete()


def test_lists_of_terms_count_only_public_stories(editor):
    fields = {"themes": ["Debt"], "authors": ["Staff"], "countries": ["KE"]}
    make_story(**fields)
    make_story(live=False, **fields)
    make_private(make_story(**fields))
    for kind in ("theme", "author", "country"):
        listed = editor.get(f"/admin/snippets/stories/{kind}/?ordering=-story_count").context["object_list"]
        # Terms without public stories may follow the first one: there are many countries.
        assert [term.story_count for term in listed[:2] if term.story_count] == [1], kind
    authors = make_author("Amina", role="Officer"), make_author("Staff")
    assert [*map(str, authors)] == ["Amina, Officer", "Staff"]


def test_languages_of_quotes_are_named_in_the_readers_language():
    assert {("wo", "Wolof"), ("fil", "Filipino")} <= {*language_choices()}
    assert [language_name(code) for code in ("sw", "zz-unknown")] == ["Swahili", "zz-unknown"]
    with translation.override("fr"):
        assert language_name("de") == "allemand"


# --- In the admin --------------------------------------------------------------------------------


def test_lists_and_choosers_find_terms_by_name_without_accents(editor):
    for query, name in {"cote": "Côte d’Ivoire", "KENYA": "Kenya", "الهند": "India"}.items():
        assert name in titles(editor, "choose/country/results/", query)
    assert titles(editor, "choose/country/results/", "atlantis") == []
    make_theme("Été")
    make_theme("Winter")
    for address in ("theme/", "choose/theme/results/"):
        assert titles(editor, address, "ETE") == ["Été"]


# --- Languages of quotes -------------------------------------------------------------------------


# --- Order in the admin --------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "language"), [("theme", "en"), ("author", "fr"), ("country", "en")])
def test_lists_and_choosers_begin_with_the_users_language_by_name(admin_client, admin_user, model, language):
    english, french = Locale.get_default(), Locale.objects.create(language_code="fr")
    for name, locale in [("Zeta", english), ("alpha", english), ("Travail", french), ("Beta", english)]:
        for kind in (Theme, Author):
            kind.objects.create(name=name, locale=locale)
    save_with(UserProfile.get_for_user(admin_user), preferred_language=language)
    expected = [*["Travail"] * (language == "fr"), "alpha", "Beta", "Zeta", *["Travail"] * (language == "en")]
    if model == "country":
        expected = ["Afghanistan", "Åland Islands", "Albania", "Algeria"]
    for address in (f"{model}/", f"choose/{model}/results/"):
        assert titles(admin_client, address)[:4] == expected
