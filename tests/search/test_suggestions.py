"""Search suggestions: which countries, themes and pages are suggested, and that all of them are public."""

import logging

import pytest
from django.contrib.staticfiles import finders
from wagtail.models import Page

from search import suggestions
from stories.terms import Country, Theme
from tests.support.builders import home_page, make_index, make_plain_page, make_private, make_story
from tests.support.translations import make_index_in

pytestmark = pytest.mark.django_db


def suggest(client, words, language=""):
    """Return [(kind, text)] of the suggestions for `words`; `language`: a URL prefix such as "/fr"."""
    found = get_response(client, words, language).json()["suggestions"]
    return [(suggestion["kind"], suggestion["text"]) for suggestion in found]


def get_response(client, words, language=""):
    response = client.get(f"{language}/search/suggestions/", {"q": words})
    assert response.status_code == 200
    return response


def texts(client, words, language=""):
    return [text for _kind, text in suggest(client, words, language)]


# --- Kinds ---------------------------------------------------------------------------------------


def test_countries_and_themes_come_before_pages_and_each_has_its_kind(client):
    story = make_story("Labour in the fields", countries=["LA"], themes=["Forced labour"])
    make_plain_page("Labels we avoid")
    make_index(make_index(), "Labour news")
    found = get_response(client, "la").json()["suggestions"]
    assert [(suggestion["kind"], suggestion["text"]) for suggestion in found] == [
        ("Country", "Laos"),
        ("Theme", "Forced labour"),
        ("Section", "Labour news"),
        ("Page", "Labels we avoid"),
        ("Story", "Labour in the fields"),
    ]
    assert [suggestion["url"] for suggestion in found] == [
        "/stories/country/laos/",
        "/stories/theme/forced-labour/",
        "/stories/labour-news/",
        "/labels-we-avoid/",
        story.url,
    ]
    assert {client.get(suggestion["url"]).status_code for suggestion in found} == {200}


@pytest.mark.sqlite_only
def test_at_most_three_countries_and_themes_and_five_pages(client):
    for number in range(6):
        make_story(f"Mali, part {number}", countries=["ML", "MT", "MY", "MV"])
    kinds = [kind for kind, _text in suggest(client, "mal")]
    assert kinds == ["Country"] * 3 + ["Story"] * 5


# --- Pages ---------------------------------------------------------------------------------------


def test_a_title_is_found_without_accents_and_by_an_incomplete_last_word(client):
    make_story("The road to Kédougou", summary="A summary.")
    for words in ("kédougou", "KEDOUGOU", "kedou", "the road to ked", "kedougou ro", "k’ked"):
        assert texts(client, words) == ["The road to Kédougou"], words
    # A title must have every typed word.
    for words in ("ro kedougou", "road dakar", "edougou", "summary", "ªsummary"):
        assert texts(client, words) == [], words


@pytest.mark.sqlite_only
def test_titles_are_sorted_by_beginning_then_whole_words_then_newest(client):
    for title in ["Net of lies", "The old net", "A network", "The new net", "Networks"]:
        make_story(title)
    assert texts(client, "net") == ["Net of lies", "Networks", "The new net", "The old net", "A network"]


def test_only_pages_in_the_language_of_the_visitor_are_suggested(client):
    make_story("Lantern")
    index = make_index_in("fr", "Récits")
    theme = Theme.objects.create(name="Lanternes rouges", locale=index.locale)
    make_story("Lanterne", index, countries=["DE"], themes=[theme.name])
    assert suggest(client, "lantern") == [("Story", "Lantern")]
    assert texts(client, "lantern", "/fr") == ["Lanternes rouges", "Lanterne"]
    assert texts(client, "germany") == []
    (germany,) = get_response(client, "germany", "/fr").json()["suggestions"]
    assert (germany["text"], germany["url"]) == ("Allemagne", "/fr/stories/country/germany/")


# --- Countries and themes ------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_a_country_is_found_by_its_names_aliases_and_demonyms(client):
    make_story("A story", countries=["CI"])
    names = ["cote d'iv", "Côte", "ivoire", "ivory coast", "ivorian", "ivory c", "costa de mar", "ivoirienne"]
    for words in names:
        assert suggest(client, words) == [("Country", "Côte d’Ivoire")], words


@pytest.mark.sqlite_only
def test_a_name_comes_before_an_alias_unless_the_alias_is_complete(client):
    make_story("A story", countries=["GB", "UA", "NL", "HN"])
    assert texts(client, "uk") == ["United Kingdom", "Ukraine"]
    assert texts(client, "ho") == ["Honduras", "Netherlands"]  # Holland


@pytest.mark.sqlite_only
def test_the_beginning_of_an_alias_of_many_countries_suggests_none(client):
    make_story("A story", countries=["KE", "SN"])
    assert texts(client, "republic") == []
    assert texts(client, "republic of ken") == ["Kenya"]


@pytest.mark.sqlite_only
def test_regions_do_not_count_as_countries_with_an_alias(client):
    codes = {code for terms in suggestions.get_countries_by_letter().values() for code, _words in terms}
    assert codes == set(Country.objects.values_list("code", flat=True))
    make_story("A story", countries=["ZA"])
    # “Afrique” also begins the French names of seven regions, such as “Afrique occidentale”.
    assert texts(client, "afrique") == ["South Africa"]


@pytest.mark.sqlite_only
def test_a_theme_is_found_by_the_beginnings_of_its_words(client):
    make_story("A story", themes=["Forced labour", "Recruitment fees"])
    assert texts(client, "lab") == ["Forced labour"]
    assert texts(client, "rec fe") == ["Recruitment fees"]
    assert texts(client, "bour") == []


@pytest.mark.sqlite_only
def test_a_renamed_theme_is_found_by_its_new_name_only(client):
    make_story("A story", themes=["Debts"])
    Theme.objects.update(name="Bonded labour")
    assert texts(client, "debts") == []
    assert texts(client, "bonded") == ["Bonded labour"]


def test_a_country_or_theme_needs_a_public_story_and_index(client):
    story = make_story("A story", countries=["KE"], themes=["Mining"])
    assert texts(client, "kenya") == ["Kenya"]
    Page.objects.filter(pk=story.get_parent().pk).update(live=False)
    assert texts(client, "kenya") == texts(client, "mining") == []
    assert texts(client, "senegal") == []


@pytest.mark.sqlite_only
def test_a_country_links_to_the_index_that_lists_its_story(client):
    make_story("A story", countries=["SN"])
    news = make_index(home_page(), "News")
    make_story("Some news", make_index(news, "Africa"), countries=["KE"])
    (kenya,) = get_response(client, "kenya").json()["suggestions"]
    assert kenya["url"] == "/news/country/kenya/"


# --- Only what is public; tests/publishing/test_visibility.py tries all ways to hide a page -------


def test_pages_are_chosen_among_as_many_public_ones_whatever_is_private(client, monkeypatch):
    monkeypatch.setattr(suggestions, "MAX_CANDIDATE_PAGES", 7)
    index = make_index()
    section = make_private(make_index(index, "Kept quiet"))
    for number in range(9):
        make_story(f"{'Lantern' if number == 2 else 'The lantern'} {number}", index, countries=["KE"])
    without = texts(client, "lantern")
    assert without[0] == "Lantern 2"  # the oldest of the seven newest
    for number in range(8):
        make_story(f"Lantern {number} of somebody", section, countries=["KE"])
    assert texts(client, "lantern") == without
    assert texts(client, "kenya") == ["Kenya"]


# --- The response --------------------------------------------------------------------------------


def test_the_number_of_sql_queries_is_limited(client, committed, django_assert_num_queries):
    index = make_index()
    make_story("Kenya from here", make_index(home_page(), "News"))
    for number in range(5):
        make_story(f"Kenya {number}", index, countries=["KE"])
    texts(client, "ken")  # fills caches
    for words in ("ken", "zeppelin"):
        with django_assert_num_queries(3):
            get_response(client, words)


# Text that the form refuses, because it takes 2 to 60 characters and no NUL, and text without a word.
UNANSWERED = [
    *("", " ", "a", "\x00", "la\x00ntern", "lantern" * 1500, "lantern " * 8),
    *("!!", "--", '""', "'", "''", "%%", "__", "**", "...", "😀😀", "\u202e\u202e", "()", "\\\\", "::"),
    # Marks that Unicode counts as letters: the Arabic tatweel, and signs for vowels and voiced sounds.
    *("\u0640\u0640", "\ufc5e\ufc5e", "\uff9e\uff9e"),
]
QUERY_SYNTAX = [
    *('"lantern', "lantern*", "(lantern", "lantern:*", "-lantern", "lan'tern", "'); drop", "AND lan", "%lan%")
]


def test_invalid_or_wordless_input_gets_no_suggestions_and_punctuation_is_no_query_syntax(client):
    make_story("A lantern")
    assert {words: texts(client, words) for words in UNANSWERED} == dict.fromkeys(UNANSWERED, [])
    for words in QUERY_SYNTAX:
        assert set(texts(client, words)) <= {"A lantern"}, words


def test_a_request_without_words_gets_no_suggestions(client):
    assert client.get("/search/suggestions/").json() == {"suggestions": []}


@pytest.mark.sqlite_only
def test_titles_are_returned_unchanged_as_json(client):
    make_story("<b>Bold</b> & “quoted”")
    response = get_response(client, "bold")
    assert response.json()["suggestions"][0]["text"] == "<b>Bold</b> & “quoted”"
    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.sqlite_only
def test_the_response_is_not_cached_and_sets_no_cookie(editor):
    response = get_response(editor, "lantern")
    assert {"max-age=0", "no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


@pytest.mark.sqlite_only
def test_only_safe_methods_are_allowed(client):
    assert client.head("/search/suggestions/?q=lantern").status_code == 200
    assert client.post("/search/suggestions/", {"q": "lantern"}).status_code == 405


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", ["quixotic", "quixotic\x00"])
def test_typed_words_are_not_logged(client, caplog, words):
    with caplog.at_level(logging.DEBUG):
        get_response(client, words)
        client.post(f"/search/suggestions/?q={words}")
    assert "quixotic" not in caplog.text.lower()


@pytest.mark.sqlite_only
def test_the_search_form_has_the_url_and_labels_of_suggestions(client):
    page = client.get("/").content.decode()
    assert page.count('data-suggestions="/search/suggestions/"') == 1
    assert 'data-suggestions-label="Suggestions"' in page
    assert 'data-no-suggestions="No suggestions"' in page
    assert page.count("search/suggestions.js") == 1
    assert finders.find("search/suggestions.js")
