"""Search suggestions: which countries, themes and pages are suggested, and that all of them are public."""

import logging

import pytest
from wagtail.models import Page

from search import suggestions
from stories.terms import Country, Theme
from tests.support.builders import home_page, make_index, make_plain_page, make_private, make_story
from tests.support.translations import make_index_in

pytestmark = pytest.mark.django_db


def suggest(client, words, language="", *, key="text"):
    """Return the texts of the suggestions for `words`; `language`: a URL prefix such as "/fr"."""
    return [each[key] for each in get_response(client, words, language).json()["suggestions"]]


def get_response(client, words, language=""):
    response = client.get(f"{language}/search/suggestions/", {"q": words})
    assert response.status_code == 200
    return response


# --- Kinds ---------------------------------------------------------------------------------------


def test_countries_and_themes_come_before_pages_and_each_has_its_kind(client):
    story = make_story("Labour in the fields", countries=["LA"], themes=["Forced labour"])
    make_plain_page("Labels we avoid")
    make_index(make_index(), "Labour news")
    found = get_response(client, "la").json()["suggestions"]
    assert [(each["kind"], each["text"], each["url"]) for each in found] == [
        ("Country", "Laos", "/stories/country/laos/"),
        ("Theme", "Forced labour", "/stories/theme/forced-labour/"),
        ("Section", "Labour news", "/stories/labour-news/"),
        ("Page", "Labels we avoid", "/labels-we-avoid/"),
        ("Story", "Labour in the fields", story.url),
    ]
    assert {client.get(each["url"]).status_code for each in found} == {200}


@pytest.mark.sqlite_only
def test_at_most_three_countries_and_themes_and_five_pages(client):
    for number in range(6):
        make_story(f"Mali, part {number}", countries=["ML", "MT", "MY", "MV"])
    assert suggest(client, "mal", key="kind") == ["Country"] * 3 + ["Story"] * 5


# --- Pages ---------------------------------------------------------------------------------------


def test_a_title_is_found_without_accents_and_by_an_incomplete_last_word(client):
    make_story("The road to Kédougou", summary="A summary.")
    for words in ("kédougou", "KEDOUGOU", "kedou", "the road to ked", "kedougou ro", "k’ked"):
        assert suggest(client, words) == ["The road to Kédougou"], words
    # A title must have every typed word.
    for words in ("ro kedougou", "road dakar", "edougou"):
        assert suggest(client, words) == [], words


def test_stories_with_the_words_in_their_text_come_after_titles(client):
    make_story("One", summary="About domestic workers.")
    make_plain_page("Two", introduction="About domestic workers.")
    make_story("A house", body=[{"type": "text", "value": "<p>The domestic workers</p>"}])
    make_story("Domestics")
    for words in ("dom", "domest", "domestic"):
        assert suggest(client, words) == ["Domestics", "A house", "One"], words
    assert suggest(client, "domestic work") == ["A house", "One"]
    assert suggest(client, "do") == ["Domestics"], "two letters begin too many words"


@pytest.mark.sqlite_only
def test_titles_are_sorted_by_beginning_then_whole_words_then_newest(client):
    for title in ["Net of lies", "The old net", "A network", "The new net", "Networks"]:
        make_story(title)
    assert suggest(client, "net") == ["Net of lies", "Networks", "The new net", "The old net", "A network"]


def test_only_pages_in_the_language_of_the_visitor_are_suggested(client):
    make_story("Lantern")
    index = make_index_in("fr", "Récits")
    theme = Theme.objects.create(name="Lanternes rouges", locale=index.locale)
    make_story("Lanterne", index, countries=["DE"], themes=[theme.name])
    assert suggest(client, "lantern") == ["Lantern"]
    assert suggest(client, "lantern", "/fr") == ["Lanternes rouges", "Lanterne"]
    assert (suggest(client, "germany"), suggest(client, "germany", "/fr")) == ([], ["Allemagne"])
    assert suggest(client, "germany", "/fr", key="url") == ["/fr/stories/country/germany/"]


# --- Countries and themes ------------------------------------------------------------------------


IVORY_COAST = ["cote d'iv", "Côte", "ivoire", "ivory coast", "ivorian", "costa de mar", "ivoirienne"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("CI", dict.fromkeys(IVORY_COAST, ["Côte d’Ivoire"])),
        # A name comes before an alias, here Holland, unless the alias is complete.
        ("GB UA NL HN", {"uk": ["United Kingdom", "Ukraine"], "ho": ["Honduras", "Netherlands"]}),
        # The beginning of an alias of many countries suggests none.
        ("KE SN", {"republic": [], "republic of ken": ["Kenya"]}),
        # “Afrique” also begins the French names of seven regions, such as “Afrique occidentale”.
        ("ZA", {"afrique": ["South Africa"]}),
        ("", {"lab": ["Forced labour"], "rec fe": ["Recruitment fees"], "bour": []}),
    ],
)
def test_countries_and_themes_are_found_by_the_beginnings_of_names_and_aliases(client, codes, expected):
    make_story("A story", countries=codes.split(), themes=["Forced labour", "Recruitment fees"])
    assert {words: suggest(client, words) for words in expected} == expected


def test_a_country_or_theme_needs_a_public_story_and_index(client):
    story = make_story("A story", countries=["KE"], themes=["Mining"])
    expected = {"kenya": ["Kenya"], "mining": ["Mining"], "senegal": []}
    assert {words: suggest(client, words) for words in expected} == expected
    Theme.objects.update(name="Bonded labour")
    assert (suggest(client, "mining"), suggest(client, "bonded")) == ([], ["Bonded labour"])
    Page.objects.filter(pk=story.get_parent().pk).update(live=False)
    assert suggest(client, "kenya") == suggest(client, "bonded") == []
    # Regions don't count as countries with an alias.
    codes = {code for terms in suggestions.get_countries_by_letter().values() for code, _words in terms}
    assert codes == set(Country.objects.values_list("code", flat=True))


@pytest.mark.sqlite_only
def test_a_country_links_to_the_index_that_lists_its_story(client):
    make_story("A story", countries=["SN"])
    make_story("Some news", make_index(make_index(home_page(), "News"), "Africa"), countries=["KE"])
    assert suggest(client, "kenya", key="url") == ["/news/country/kenya/"]


# --- Only what is public; tests/publishing/test_visibility.py tries all ways to hide a page -------


def test_pages_are_chosen_among_as_many_public_ones_whatever_is_private(client, monkeypatch):
    monkeypatch.setattr(suggestions, "MAX_CANDIDATE_PAGES", 7)
    section = make_private(make_index(make_index(), "Kept quiet"))
    for number in range(9):
        make_story(f"{'Lantern' if number == 2 else 'The lantern'} {number}", countries=["KE"])
    without = suggest(client, "lantern")
    assert without[0] == "Lantern 2"  # the oldest of the seven newest
    for number in range(8):
        make_story(f"Lantern {number} of somebody", section, countries=["KE"])
    assert (suggest(client, "lantern"), suggest(client, "kenya")) == (without, ["Kenya"])


# --- The response --------------------------------------------------------------------------------


def test_the_number_of_sql_queries_is_limited(client, committed, django_assert_num_queries):
    make_story("Kenya from here", make_index(home_page(), "News"))
    for number in range(5):
        make_story(f"Kenya {number}", countries=["KE"])
    suggest(client, "ken")  # fills caches
    # Words that are in no five titles are looked up in the texts, too.
    for words, number in {"ken": 3, "ze": 3, "zeppelin": 4}.items():
        with django_assert_num_queries(number):
            get_response(client, words)


# Text that the form refuses, because it takes 2 to 60 characters and no NUL, and text without a word.
UNANSWERED = [
    *("", " ", "a", "\x00", "la\x00ntern", "lantern" * 1500, "lantern " * 8),
    *("!!", "--", '""', "'", "''", "%%", "__", "**", "...", "😀😀", "\u202e\u202e", "()", "\\\\", "::"),
    # Marks that Unicode counts as letters: the Arabic tatweel, and signs for vowels and voiced sounds.
    *("\u0640\u0640", "\ufc5e\ufc5e", "\uff9e\uff9e"),
]
QUERY_SYNTAX = ['"lantern', "lantern*", "(lantern", "lantern:*", "-lantern", "'); drop", "AND lan", "%lan%"]


def test_invalid_or_wordless_input_gets_no_suggestions_and_punctuation_is_no_query_syntax(client):
    make_story("A lantern")
    assert client.get("/search/suggestions/").json() == {"suggestions": []}
    assert {words: suggest(client, words) for words in UNANSWERED} == dict.fromkeys(UNANSWERED, [])
    assert {text for words in QUERY_SYNTAX for text in suggest(client, words)} <= {"A lantern"}


@pytest.mark.sqlite_only
def test_titles_are_returned_unchanged_as_json_which_is_not_cached_and_sets_no_cookie(editor):
    make_story("<b>Bold</b> & “quoted”")
    assert suggest(editor, "bold") == ["<b>Bold</b> & “quoted”"]
    response = get_response(editor, "bold")
    headers = [response[name] for name in ("Content-Type", "X-Content-Type-Options", "X-Robots-Tag")]
    assert headers == ["application/json", "nosniff", "noindex"]
    assert {"max-age=0", "no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert not response.cookies and "Cookie" not in response.get("Vary", "")
    assert editor.head("/search/suggestions/?q=lantern").status_code == 200
    assert editor.post("/search/suggestions/", {"q": "lantern"}).status_code == 405


@pytest.mark.sqlite_only
@pytest.mark.parametrize("words", ["quixotic", "quixotic\x00"])
def test_typed_words_are_not_logged(client, caplog, words):
    with caplog.at_level(logging.DEBUG):
        get_response(client, words)
        client.post(f"/search/suggestions/?q={words}")
    assert "quixotic" not in caplog.text.lower()
