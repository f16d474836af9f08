"""Terms: countries, themes and authors, their names and slugs, and how the admin lists and chooses them."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.db.models import ProtectedError
from django.utils import translation
from wagtail.models import Locale
from wagtail.users.models import UserProfile

from stories.languages import language_choices, language_name
from stories.terms import Author, Country, Theme, fold
from tests.support.builders import make_author, make_private, make_story, make_theme, parse

pytestmark = pytest.mark.django_db


def chooser_results(client, model, query):
    """Return the names on the first page that the chooser of `model` finds for `query`."""
    response = client.get(f"/admin/snippets/choose/stories/{model}/results/", {"q": query})
    assert response.status_code == 200
    return [cell.get_text(strip=True) for cell in parse(response).select("td.title")]


# --- Countries -----------------------------------------------------------------------------------


def test_all_countries_are_there_from_the_start():
    countries = Country.objects.all()

    assert len(countries) == 249, "the countries of ISO 3166-1"
    assert len({country.slug for country in countries}) == 249
    assert all(re.fullmatch("[A-Z]{2}", country.code) for country in countries)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", country.slug) for country in countries)
    assert {country.region for country in countries} == set(Country.Region.values)
    regions = {"SN": "africa", "BO": "americas", "IN": "asia", "FR": "europe", "FJ": "oceania"}
    assert {code: Country.objects.get(code=code).region for code in regions} == regions


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", {"SN": "Senegal", "CI": "Côte d’Ivoire", "DE": "Germany"}),
        ("fr", {"SN": "Sénégal", "CI": "Côte d’Ivoire", "DE": "Allemagne"}),
        ("es", {"SN": "Senegal", "CI": "Côte d’Ivoire", "DE": "Alemania"}),
        ("ar", {"SN": "السنغال", "CI": "ساحل العاج", "DE": "ألمانيا"}),
        ("xx", {"SN": "Senegal", "CI": "Côte d’Ivoire", "DE": "Germany"}),  # unknown: in English
    ],
)
def test_countries_are_named_in_each_language(language, names):
    with translation.override(language):
        assert {code: Country.objects.get(code=code).name for code in names} == names
        assert all(country.name != country.code for country in Country.objects.all())


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("cote d", {"CI"}),
        ("CÔTE", {"CI"}),
        ("senegal", {"SN"}),
        ("sénégal", {"SN"}),
        ("Allemagne", {"DE"}),
        ("alemania", {"DE"}),
        ("السنغال", {"SN"}),
        ("niger", {"NE", "NG"}),
        ("guinea", {"GN", "GW", "GQ", "PG"}),
        ("Kinshasa", {"CD"}),  # in CLDR's name, in the place of which the site has another
        ("no such country", set()),
    ],
)
def test_countries_are_found_by_part_of_a_name_in_any_language(text, codes):
    found = {country.code for country in Country.objects.named_like(text)}

    assert found == codes


def test_country_that_cldr_lacks_is_named_by_its_code():
    assert str(Country(code="Q9")) == "Q9"


def test_fold_removes_accents_and_case():
    assert fold("Of KENYA's") == "of kenya's"
    assert fold("Côte d’IVOIRE – Straße") == "cote d’ivoire – strasse"
    assert fold("𝐊𝐞𝐧𝐲𝐚 ℌ") == "kenya h"


def test_search_for_countries_accepts_any_text(editor):
    assert len(Country.objects.named_like("")) == 249
    assert "South Africa" in [country.name for country in Country.objects.named_like(" ")]
    for text in ('"', "%", "\\", "😀", "x" * 5000):
        assert not Country.objects.named_like(text), text
    for address in ("/admin/snippets/stories/country/", "/admin/snippets/choose/stories/country/results/"):
        assert editor.get(address, {"q": '"%\\😀'}).status_code == 200


def test_country_of_a_story_can_not_be_deleted():
    make_story(countries=["KE"])

    with pytest.raises(ProtectedError):
        Country.objects.get(code="KE").delete()
    Country.objects.get(code="UG").delete()


# --- Themes and authors --------------------------------------------------------------------------


def test_address_of_a_theme_stays_when_its_name_changes(client):
    make_story("A story", themes=["Forced labour"])
    theme = Theme.objects.get()
    assert theme.slug == "forced-labour"
    theme.name = "Modern slavery"
    theme.save()

    page = parse(client.get("/stories/theme/forced-labour/"))

    assert page.h1.text == "Modern slavery"
    assert page.select_one(".card__title").text == "A story"


def test_emptied_address_of_a_theme_is_made_anew(admin_client):
    """The old address can have a name that nobody may read."""
    old, other = make_theme("Bachelal"), make_theme("Debt")
    address = f"/admin/snippets/stories/theme/edit/{old.pk}/"
    taken = admin_client.post(address, {"name": "Mining", "slug": other.slug, "description": ""})
    assert "There is a theme with this address already." in taken.text
    admin_client.post(address, {"name": "Mining", "slug": "", "description": ""})
    assert Theme.objects.get(pk=old.pk).slug == "mining"


def test_themes_have_different_slugs():
    # {name: slug of the theme that is made with it, in this order}.
    expected = {
        "Child labour": "child-labour",
        "Child, labour": "child-labour-2",
        "Child-labour!": "child-labour-3",
        "عمل الأطفال": "عمل-الأطفال",
        "???": "theme",
        "!!!": "theme-2",
    }
    assert {name: make_theme(name).slug for name in expected} == expected


def test_slug_that_is_longer_than_the_name_is_cut_to_fit_its_column():
    # slugify() writes each of these characters out as four words.
    words = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 20
    slugs = [make_theme(name).slug for name in (words, f"{words}!")]
    assert slugs[1] == f"{slugs[0]}-2"
    assert max(map(len, slugs)) <= Theme._meta.get_field("slug").max_length


@pytest.mark.sqlite_only
def test_theme_in_arabic_has_its_list(client):
    make_story("A story", themes=["عمل الأطفال"])

    page = parse(client.get("/stories/"))
    tag = parse(client.get("/stories/a-story/")).select_one(".story__terms .tag")

    assert page.select_one(".listing__count").text == "1 story"
    assert parse(client.get(tag["href"])).h1.text == "عمل الأطفال"


def test_same_slug_is_free_in_another_language():
    make_theme("Migration")
    french = Locale.objects.create(language_code="fr")

    assert Theme.objects.create(name="Migration", locale=french).slug == "migration"


@pytest.mark.sqlite_only
def test_second_theme_of_the_same_name_is_refused_with_a_message(editor):
    debt, law = make_theme("Debt"), make_theme("Law")
    themes = "/admin/snippets/stories/theme/"

    for address in ("add/", f"edit/{law.pk}/"):
        response = editor.post(themes + address, {"name": "Debt", "description": ""})
        assert response.context["form"].errors == {"name": ["There is a theme with this name already."]}
    editor.post(f"{themes}edit/{debt.pk}/", {"name": "Debt", "description": "New."})
    assert sorted(Theme.objects.values_list("name", "description")) == [("Debt", "New."), ("Law", "")]


@pytest.mark.sqlite_only
def test_deleting_a_term_of_a_story_in_the_admin_is_refused_without_an_error(moderator):
    make_story(themes=["Debt"], authors=["Staff"])
    for model in (Theme, Author):
        address = f"/admin/snippets/stories/{model._meta.model_name}/delete/{model.objects.get().pk}/"
        assert moderator.get(address).status_code == 200
        assert moderator.post(address).status_code == 302
        assert model.objects.exists()


def test_lists_of_terms_count_only_public_stories(editor):
    fields = {"themes": ["Debt"], "authors": ["Staff"], "countries": ["KE"]}
    make_story(**fields)
    make_story(live=False, **fields)
    make_private(make_story(**fields))
    for kind in ("theme", "author", "country"):
        listed = editor.get(f"/admin/snippets/stories/{kind}/?ordering=-story_count").context["object_list"]
        # Terms without public stories may follow the first one: there are many countries.
        assert [term.story_count for term in listed[:2] if term.story_count] == [1], kind


def test_author_is_named_with_the_role():
    assert str(make_author("Amina", role="Officer")) == "Amina, Officer"
    assert str(make_author("Staff")) == "Staff"


# --- In the admin --------------------------------------------------------------------------------


def test_chooser_finds_countries_by_name(editor):
    for query, name in {"cote": "Côte d’Ivoire", "KENYA": "Kenya", "الهند": "India"}.items():
        assert name in chooser_results(editor, "country", query)
    assert chooser_results(editor, "country", "atlantis") == []


def test_list_and_chooser_of_themes_ignore_accents(editor):
    make_theme("Été")
    make_theme("Winter")
    assert chooser_results(editor, "theme", "ETE") == ["Été"]
    listed = editor.get("/admin/snippets/stories/theme/", {"q": "ETE"}).context["object_list"]
    assert [theme.name for theme in listed] == ["Été"]


# --- Languages of quotes -------------------------------------------------------------------------


def test_languages_of_quotes_are_named_in_the_readers_language():
    assert ("wo", "Wolof") in language_choices()
    assert ("fil", "Filipino") in language_choices()
    assert language_name("sw") == "Swahili"
    with translation.override("fr"):
        assert language_name("de") == "allemand"
    assert language_name("zz-unknown") == "zz-unknown"


# --- Order in the admin --------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "language"), [(Theme, "en"), (Author, "fr")])
def test_lists_and_choosers_begin_with_the_users_language_by_name(admin_client, model, language):
    english, french = Locale.get_default(), Locale.objects.create(language_code="fr")
    for name, locale in [("Zeta", english), ("alpha", english), ("Travail", french), ("Beta", english)]:
        model.objects.create(name=name, locale=locale)
    profile = UserProfile.get_for_user(get_user_model().objects.get(username="admin"))
    profile.preferred_language = language
    profile.save()

    own = ["alpha", "Beta", "Zeta"]
    expected = [*own, "Travail"] if language == "en" else ["Travail", *own]
    for address in (f"{model._meta.model_name}/", f"choose/{model._meta.model_name}/results/"):
        assert titles(admin_client, address) == expected


def titles(client, address):
    """Return the titles in a list of terms in the admin, or in a chooser.

    `address`: the end of the URL without "stories/", such as "theme/" or "choose/theme/results/".
    """
    address = address.replace("choose/", "choose/stories/") if "choose" in address else f"stories/{address}"
    page = parse(client.get(f"/admin/snippets/{address}"))
    return [each.find("a").get_text(strip=True) for each in page.select("tbody td.title")]


def test_countries_are_listed_by_name(admin_client):
    for address in ("country/", "choose/country/results/"):
        found = titles(admin_client, address)
        assert found[:3] == ["Afghanistan", "Åland Islands", "Albania"]
