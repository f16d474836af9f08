"""The basics of the search page, and promoted results.

tests/search/test_fuzz.py tests that any input gets a page without an error.
"""

import datetime
from urllib.parse import urlencode

import pytest
from wagtail.contrib.search_promotions.models import Query, QueryDailyHits, SearchPromotion
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from search import finding, promotions
from stories.models import StoryPage
from tests.support import committed, translations
from tests.support.builders import make_index, make_plain_page, make_story, parse

pytestmark = pytest.mark.django_db


def search(client, words, **more):
    response = client.get(f"/search/?{urlencode({'q': words} | more)}")
    assert response.status_code == 200
    return response.text


def test_standard_pages_are_found_and_a_result_shows_its_location(client):
    make_story("Of lanterns", parent=make_index(make_index(), "Africa"))
    make_plain_page("About lanterns", introduction="Who we are.")
    page = search(client, "lanterns")
    assert [text for text in ("2 results for", "Stories › Africa", "Who we are.") if text not in page] == []


def test_results_are_paginated_and_the_links_keep_the_words(client, monkeypatch):
    assert finding.RESULTS_PER_PAGE == 10
    monkeypatch.setattr(finding, "RESULTS_PER_PAGE", 2)  # so that the test needs few stories
    for number in range(3):
        make_story(f"Lantern {number}")
    # Text that is no number shows the first page, and a number out of range the last.
    expected = dict.fromkeys(["1", "abc", "1e9", "\x00", ""], 2) | dict.fromkeys(["2", "99", "0", "-1"], 1)
    with committed.caches_in_use():
        for number, results in (expected | {"9" * 400: 1}).items():
            page = search(client, "lantern", page=number)
            assert page.count('class="result"') == results, number
            assert f"q=lantern&amp;page={results}" in page


@pytest.mark.parametrize("limit", [10, 3, 1])
def test_the_newest_stories_come_before_other_pages_and_stories_without_a_date(client, monkeypatch, limit):
    monkeypatch.setattr(finding, "MAX_MATCHES", limit)
    undated, newest, _unlisted, oldest = (
        make_story(f"Lantern {number}", date=datetime.date(2000 + number, 1, 1), live=number != 24)
        for number in (20, 23, 24, 21)
    )
    StoryPage.objects.filter(pk=undated.pk).update(date=None)
    plain, section = make_plain_page("About lanterns"), make_index(make_index(), "Lanterns")
    make_plain_page("Draft of lanterns", live=False)
    with committed.caches_in_use():
        page = parse(client.get("/search/?q=lantern&sort=date"))
    expected = [each.url for each in (newest, oldest, section, plain, undated)]
    assert [link["href"] for link in page.select(".result .card__title a")] == expected[:limit]


def test_typed_words_are_shown_unchanged_and_escaped_and_results_not_indexed(client):
    response = client.get("/search/", {"q": "<b>bold</b> & more"})
    assert (response["X-Robots-Tag"], response["Cache-Control"]) == ("noindex", "private")
    assert '<meta name="robots" content="noindex">' in response.text
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in response.text and "<b>bold</b>" not in response.text
    assert ["fewer words" in search(client, "x" * number) for number in (200, 201)] == [False, True]


# --- Promoted results -----------------------------------------------------------------------------


PROMOTIONS_URL = "/admin/searchpicks/"


def promote(terms, *pages, **fields):
    """Promote `pages`, or the external link in `fields`, for `terms`, as the admin does."""
    query = Query.get(terms)
    for number, page in enumerate(pages or [None]):
        SearchPromotion.objects.create(query=query, page=page, sort_order=number, **fields)


def titles(text, language="en"):
    return [promotion.title for promotion in promotions.find_promotions(text, language)]


# --- What is found -------------------------------------------------------------------------------


def test_promoted_pages_are_in_the_order_of_the_editors():
    second, first = make_story("Second"), make_story("First")
    promote("Debt bondage", first, second, description="Begin with these.")
    found = [(each.page.title, each.description) for each in promotions.find_promotions("debt bondage", "en")]
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
    (promotion,) = promotions.find_promotions("help", "en")
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
    promote("home", translations.make_index_in("fr", "Récits"), make_story("A story"))
    assert (titles("home", "en"), titles("home", "fr")) == (["A story"], ["Récits"])


# --- Visitors' words are not stored --------------------------------------------------------------


def test_looking_for_promotions_stores_nothing(client):
    promote("debt bondage", make_story("A story"))
    for text in ("debt bondage", "my own name"):
        assert client.get("/search/", {"q": text}).status_code == 200
    assert list(Query.objects.values_list("query_string", flat=True)) == ["debt bondage"]
    assert not QueryDailyHits.objects.exists()


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
