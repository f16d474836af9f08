"""The first search: what it finds, and a sane answer to whatever is typed."""

from urllib.parse import urlencode

import pytest

from tests.builders import make_image, make_index, make_plain_page, make_story

pytestmark = pytest.mark.django_db


def search(client, words, **more):
    response = client.get(f"/search/?{urlencode({'q': words} | more)}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "words", ["lighthouse", "LIGHTHOUSE", "keeper lighthouse", "ferry", "harbour", "net"]
)
def test_finds_words_of_title_summary_body_and_alternative_text(client, words):
    story = make_story(
        "The lighthouse keeper",
        summary="She took the ferry at dawn.",
        body=[{"type": "text", "value": "<p>They met in the harbour.</p>"}],
        lead_image=make_image(),
        lead_image_alt="A net on a wall",
    )
    make_story("Something else")
    page = search(client, words)
    assert "1 result for" in page
    assert f'href="{story.url}"' in page
    assert f"<mark>{words.split()[-1].lower()}</mark>" in page.lower()


def test_finds_plain_pages_and_shows_where_a_result_is(client):
    section = make_index(make_index(), "Africa")
    make_story("Of lanterns", parent=section)
    make_plain_page("About lanterns", introduction="Who we are.")
    page = search(client, "lanterns")
    assert "2 results for" in page
    assert "Stories › Africa" in page
    assert "Who we are." in page


def test_all_words_must_be_there(client):
    make_story("Red house")
    make_story("Red boat")
    assert "1 result for" in search(client, "red boat")


def test_results_come_in_pages_that_keep_the_words(client):
    for number in range(12):
        make_story(f"Lantern {number}")
    first, second = search(client, "lantern"), search(client, "lantern", page=2)
    assert first.count('class="result"') == 10
    assert second.count('class="result"') == 2
    assert "q=lantern&amp;page=2" in first
    assert "?q=lantern&amp;page=1" in second


def test_nothing_found_offers_ways_on(client):
    make_story("The newest story")
    page = search(client, "xylophone")
    assert "0 results for" in page
    assert "Nothing was found" in page
    assert "The newest story" in page


def test_results_are_kept_out_of_search_engines(client):
    response = client.get("/search/?q=words")
    assert response["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in response.content.decode()


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "   ",
        '"',
        '""',
        "'",
        'a"b',
        '"gold mine',
        "\x00",
        "gold\x00",
        "%",
        "_",
        "*",
        "-",
        "AND",
        "NEAR",
        "a AND",
        "title:x",
        "😀",
        "🕯️ lantern",
        "الحرية",
        "ʼ",
        "\u202e",
        "(",
        ")",
        "^",
        "{title}",
        "\\",
        "x" * 500,
        "the of",
        "<script>alert(1)</script>",
        "'; drop table wagtailcore_page; --",
    ],
)
def test_whatever_is_typed_gets_a_sane_answer(client, words):
    make_story("A lantern")
    page = search(client, words)
    assert "<script>alert" not in page
    assert page.count("<h1") == 1


def test_too_many_words_are_refused_in_plain_words(client):
    assert "fewer words" in search(client, "x" * 201)


@pytest.mark.parametrize("page", ["0", "-1", "99", "1e9", "abc", "\x00", "", "9" * 400])
def test_a_wrong_page_number_is_treated_kindly(client, page):
    make_story("A lantern")
    assert "1 result for" in search(client, "lantern", page=page)


def test_words_are_shown_as_they_were_typed_and_escaped(client):
    page = search(client, "<b>bold</b> & more")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<b>bold</b>" not in page
