"""Names that CLDR lacks, and a database that can't be written, cause no server error.

CLDR is the Unicode Consortium's data about languages, which has the names of countries in each of them.
"""

from functools import partial

import pytest
from django import db
from django.db import connection
from django.utils import translation

from home.models import SiteSettings
from search.missed import count_missed_search
from search.models import MissedSearch
from stories.languages import language_choices, language_name, names_in
from stories.terms import Country, country_names
from tests.support import builders, translations

# CLDR has a name for CQ in some languages only, English among them. No country has the code Q9.
ODD_CODES = {"CQ": "Sark", "Q9": "Q9"}


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar", "pt-PT", "zh-hant", "xx", "no language", ""])
def test_name_missing_in_cldr_falls_back_to_english_or_the_code(language):
    names = country_names(language)
    assert names["CQ"] == "Sark"
    assert names["Q9"] == "Q9"
    assert set(names) >= set(country_names("en"))
    assert set(names_in(language, "languages")) >= set(names_in("en", "languages"))
    with translation.override(language or None):
        assert language_name("q9") == "q9"
        assert language_choices()
        assert Country(code="Q9").name == "Q9"
        assert Country().name == ""


def test_name_is_that_of_the_variant_of_a_language():
    assert country_names("pt-PT")["KE"] == "Quénia", "not Quênia, as in Brazil"


@pytest.mark.django_db
def test_country_without_a_name_is_shown_everywhere(client):
    for code in ODD_CODES:
        Country.objects.create(code=code, slug=f"odd-{code.lower()}", region="nowhere")
    story, french = translations.make_pair()
    for parent in (story.get_parent(), french.get_parent()):
        builders.make_story("Saturday", parent, countries=[*ODD_CODES, "KE"], locale=parent.locale)
    for prefix, index in (("", "/stories/"), ("/fr", "/fr/list/")):
        for code, name in ODD_CODES.items():
            slug = f"odd-{code.lower()}"
            # Results as few as these offer no filters, but show the one that is chosen.
            searched = f"{prefix}/search/?q=Saturday&country={slug}"
            for address in (index, f"{index}saturday/", f"{index}country/{slug}/", searched):
                assert name in client.get(address).text, address
        for typed in ("sa", "q9", "sark", "ke"):  # "sa" begins words of the story and of the country
            assert client.get(f"{prefix}/search/suggestions/?q={typed}").status_code == 200
        assert client.get(f"{prefix}/feed.atom").status_code == 200
    client.force_login(builders.make_user(is_superuser=True))
    for code, name in ODD_CODES.items():
        assert name in client.get(f"/admin/snippets/stories/country/edit/{code}/").text


@pytest.mark.django_db
def test_search_works_if_counting_fails(client):
    def fail(error, execute, sql, params, many, context):
        if "search_missedsearch" in sql:
            raise error("no")
        return execute(sql, params, many, context)

    for error in (db.DatabaseError, *db.DatabaseError.__subclasses__(), db.InterfaceError):
        with connection.execute_wrapper(partial(fail, error)):
            count_missed_search("nothing has this word")
        assert not MissedSearch.objects.exists(), "the connection can still be used"
    with connection.execute_wrapper(partial(fail, db.OperationalError)):
        assert "0 results" in client.get("/search/?q=nothing-has-this-word").text


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/robots.txt", "/feed.atom", "/no-such-page/"])
def test_readers_insert_no_settings(client, address):
    SiteSettings.objects.all().delete()
    assert client.get(address).status_code in {200, 404}
    assert not SiteSettings.objects.exists()
