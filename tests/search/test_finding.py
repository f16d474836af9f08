"""The basics of the search page: what a search finds, and how results and typed words are shown.

tests/search/test_fuzz.py tests that any input gets a page without an error.
"""

import datetime
from urllib.parse import urlencode

import pytest

from search import finding
from stories.models import StoryPage
from tests.support.builders import make_image, make_index, make_plain_page, make_story, parse
from tests.support.committed import caches_in_use

pytestmark = pytest.mark.django_db


def search(client, words, **more):
    response = client.get(f"/search/?{urlencode({'q': words} | more)}")
    assert response.status_code == 200
    return response.text


def test_words_of_title_summary_body_and_alternative_text_are_found(client):
    fields = {"summary": "She took the ferry at dawn.", "lead_image": make_image()}
    body = [{"type": "text", "value": "<p>They met in the harbour.</p>"}]
    story = make_story("The lighthouse keeper", body=body, lead_image_alt="A net on a wall", **fields)
    make_story("Something else")
    with caches_in_use():
        for words in ("lighthouse", "LIGHTHOUSE", "keeper lighthouse", "ferry", "harbour", "net"):
            page = search(client, words)
            assert "1 result for" in page, words
            assert f'href="{story.url}"' in page
            assert f"<mark>{words.split()[-1].lower()}</mark>" in page.lower()


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
    with caches_in_use():
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
    with caches_in_use():
        page = parse(client.get("/search/?q=lantern&sort=date"))
    found = [link["href"] for link in page.select(".result .card__title a")]
    expected = [each.url for each in (newest, oldest, section, plain, undated)]
    assert found == expected[:limit]


def test_search_engines_are_told_not_to_index_results(client):
    response = client.get("/search/?q=words")
    assert (response["X-Robots-Tag"], response["Cache-Control"]) == ("noindex", "private")
    assert '<meta name="robots" content="noindex">' in response.text


def test_more_than_200_characters_are_refused_with_a_message(client):
    assert "fewer words" not in search(client, "x" * 200)
    assert "fewer words" in search(client, "x" * 201)


def test_typed_words_are_shown_unchanged_and_escaped(client):
    page = search(client, "<b>bold</b> & more")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<b>bold</b>" not in page
