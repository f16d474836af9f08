"""Promoted search results: for which words they are shown. See tests/publishing/test_visibility.py, too."""

import pytest
from wagtail.contrib.search_promotions.models import Query, QueryDailyHits, SearchPromotion
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from search.promotions import find_promotions
from tests.support.builders import make_story, parse
from tests.support.translations import make_index_in

pytestmark = pytest.mark.django_db

PROMOTIONS_URL = "/admin/searchpicks/"


def promote(terms, *pages, **fields):
    """Promote `pages`, or the external link in `fields`, for `terms`, as the admin does."""
    query = Query.get(terms)
    for number, page in enumerate(pages or [None]):
        SearchPromotion.objects.create(query=query, page=page, sort_order=number, **fields)


def titles(text, language="en"):
    return [promotion.title for promotion in find_promotions(text, language)]


# --- What is found -------------------------------------------------------------------------------


def test_promoted_pages_are_in_the_order_of_the_editors():
    second, first = make_story("Second"), make_story("First")
    promote("Debt bondage", first, second, description="Begin with these.")
    found = [(each.page.title, each.description) for each in find_promotions("debt bondage", "en")]
    assert found == [("First", "Begin with these."), ("Second", "Begin with these.")]


def test_case_accents_and_punctuation_make_no_difference_and_other_words_promote_nothing():
    for terms in ("Debt Bondage", "Côte d’Ivoire", "!"):
        promote(terms, make_story(f"Of {terms}"))
    promoted = [
        *("DEBT  bondage", "débt bondage", '"debt bondage"', "debt-bondage!", "cote d'ivoire"),
        *("", "!", "debt", "bondage debt", "debt bondage kenya", "debts bondage"),
    ]
    found = [titles(text) for text in promoted]
    assert found == [["Of Debt Bondage"]] * 4 + [["Of Côte d’Ivoire"]] + [[]] * 6


def test_external_links_are_promoted_with_their_words_unless_they_are_of_other_kinds():
    for address in ("https://example.org/help", *BAD_ADDRESSES):
        promote("help", external_link_url=address, external_link_text=f"To {address}")
    (promotion,) = find_promotions("help", "en")
    assert (promotion.title, promotion.link) == ("To https://example.org/help", "https://example.org/help")


def test_promotions_are_on_pages_without_chosen_filters(client):
    """A typed year filters the results too, but the visitor has not chosen it."""
    make_story("A report", date="2024-05-01", countries=["KE"])
    story = make_story("A story")
    for terms in ("report 2024", "report"):
        promote(terms, story)
    promoted = {"report+2024": 1, "report&year=2024": 0, "report+2024&country=kenya": 0}
    pages = {words: parse(client.get(f"/search/?q={words}")) for words in promoted}
    assert {words: len(page.select(".promoted li")) for words, page in pages.items()} == promoted


BAD_ADDRESSES = ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "/x", ""]


# --- Only pages in the visitor's language --------------------------------------------------------


def test_only_pages_in_the_language_of_the_visitor_are_promoted():
    promote("home", make_index_in("fr", "Récits"), make_story("A story"))
    assert (titles("home", "en"), titles("home", "fr")) == (["A story"], ["Récits"])


# --- Visitors' words are not stored --------------------------------------------------------------


def test_looking_for_promotions_stores_nothing(client):
    promote("debt bondage", make_story("A story"))
    for text in ("debt bondage", "my own name"):
        assert client.get("/search/", {"q": text}).status_code == 200
    assert list(Query.objects.values_list("query_string", flat=True)) == ["debt bondage"]
    assert not QueryDailyHits.objects.exists()


def test_one_query_is_made_without_promotions_and_two_with(django_assert_num_queries):
    promote("debt bondage", make_story("A story"), make_story("Another"))
    for text, number, found in (("something else", 1, 0), ("debt bondage", 2, 2), ("", 0, 0)):
        with django_assert_num_queries(number):
            assert len([promotion.page.title for promotion in find_promotions(text, "en")]) == found


# --- In the admin --------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_moderators_promote_a_page(moderator):
    row = {"page": make_story("A story").pk, "description": "Read it."}
    row |= {"external_link_url": "", "external_link_text": ""}
    form = nested_form_data({"query_string": "Debt Bondage", "editors_picks": inline_formset([row])})
    response = moderator.post(f"{PROMOTIONS_URL}add/", form)
    assert response.status_code == 302, parse(response).select(".error-message")
    assert titles("debt bondage") == ["A story"]
    assert "debt bondage" in moderator.get(PROMOTIONS_URL).text


@pytest.mark.sqlite_only
def test_editors_who_may_not_publish_may_not_promote(editor):
    for address in (PROMOTIONS_URL, f"{PROMOTIONS_URL}add/"):
        assert editor.get(address)["Location"] == "/admin/"
    assert f'"{PROMOTIONS_URL}"' not in editor.get("/admin/").content.decode()
