"""Promoted search results: for which words they are shown. See tests/publishing/test_visibility.py, too."""

import pytest
from wagtail.contrib.search_promotions.models import Query, QueryDailyHits, SearchPromotion
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from search.promotions import find_promotions
from tests.support.builders import make_story, make_user, parse
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

    found = find_promotions("debt bondage", "en")

    assert [promotion.page for promotion in found] == [first.page_ptr, second.page_ptr]
    assert {promotion.description for promotion in found} == {"Begin with these."}


def test_case_accents_and_punctuation_make_no_difference():
    story = make_story("A story")
    promote("Debt Bondage", story)
    promote("Côte d’Ivoire", story)

    for text in ("DEBT  bondage", "débt bondage", '"debt bondage"', "debt-bondage!", "cote d'ivoire"):
        assert titles(text) == ["A story"], text


def test_other_words_promote_nothing():
    promote("debt bondage", make_story("A story"))
    promote("!", make_story("Another"))

    for text in ("", "!", "debt", "bondage debt", "debt bondage kenya", "debts bondage"):
        assert not find_promotions(text, "en"), text


def test_external_links_are_promoted_with_their_words():
    promote("help", external_link_url="https://example.org/help", external_link_text="A help line")

    (promotion,) = find_promotions("help", "en")

    assert (promotion.title, promotion.link) == ("A help line", "https://example.org/help")


@pytest.mark.parametrize(
    ("query", "promoted"),
    [("q=report+2024", 1), ("q=report&year=2024", 0), ("q=report+2024&country=kenya", 0)],
)
def test_promotions_are_on_pages_without_chosen_filters(client, query, promoted):
    """A typed year filters the results too, but the visitor has not chosen it."""
    make_story("A report", date="2024-05-01", countries=["KE"])
    story = make_story("A story")
    for terms in ("report 2024", "report"):
        promote(terms, story)
    assert len(parse(client.get(f"/search/?{query}")).select(".promoted li")) == promoted


BAD_ADDRESSES = ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "/x", ""]


@pytest.mark.sqlite_only
def test_external_links_of_other_kinds_are_not_promoted():
    for address in BAD_ADDRESSES:
        promote("help", external_link_url=address, external_link_text=f"A link to {address}")

    assert titles("help") == []


# --- Only pages in the visitor's language --------------------------------------------------------


def test_only_pages_in_the_language_of_the_visitor_are_promoted():
    french = make_index_in("fr", "Récits")
    promote("home", french, make_story("A story"))

    assert titles("home", "en") == ["A story"]
    assert titles("home", "fr") == ["Récits"]


# --- Visitors' words are not stored --------------------------------------------------------------


def test_looking_for_promotions_stores_nothing(client):
    promote("debt bondage", make_story("A story"))

    for text in ("debt bondage", "my own name"):
        find_promotions(text, "en")
        assert client.get("/search/", {"q": text}).status_code == 200

    assert list(Query.objects.values_list("query_string", flat=True)) == ["debt bondage"]
    assert not QueryDailyHits.objects.exists()


def test_one_query_is_made_without_promotions_and_two_with(django_assert_num_queries):
    promote("debt bondage", make_story("A story"), make_story("Another"))

    with django_assert_num_queries(1):
        find_promotions("something else", "en")
    with django_assert_num_queries(2):
        found = find_promotions("debt bondage", "en")
        assert [promotion.page.title for promotion in found] == ["A story", "Another"]
    with django_assert_num_queries(0):
        find_promotions("", "en")


# --- In the admin --------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_moderators_promote_a_page(moderator):
    story = make_story("A story")
    row = {"page": story.pk, "external_link_url": "", "external_link_text": "", "description": "Read it."}
    form = nested_form_data({"query_string": "Debt Bondage", "editors_picks": inline_formset([row])})

    response = moderator.post(f"{PROMOTIONS_URL}add/", form)

    assert response.status_code == 302, parse(response).select(".error-message")
    assert titles("debt bondage") == ["A story"]
    assert "debt bondage" in parse(moderator.get(PROMOTIONS_URL)).text


@pytest.mark.sqlite_only
def test_editors_who_may_not_publish_may_not_promote(editor):
    for address in (PROMOTIONS_URL, f"{PROMOTIONS_URL}add/"):
        assert editor.get(address)["Location"] == "/admin/"
    assert f'"{PROMOTIONS_URL}"' not in editor.get("/admin/").content.decode()


def test_the_list_of_popular_searches_holds_nothing_that_visitors_typed(client):
    client.get("/search/", {"q": "my own name"})
    client.force_login(make_user("Moderators"))

    response = client.get(f"{PROMOTIONS_URL}queries/chooser/results/")

    assert response.status_code == 200
    assert "my own name" not in response.content.decode()
