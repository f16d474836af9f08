"""Random searches by Hypothesis: no input gives an error, and nothing of a hidden page is shown.

`make test` tries the same examples each time; `make drill` sets FUZZ_EXAMPLES for more, random ones.
"""

import re
from collections import Counter
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stories.models import StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from tests.support.builders import make_plain_page, make_story, make_theme, parse, save_with
from tests.support.committed import act_as_committed
from tests.support.fuzzing import number_of_examples, thoroughly
from tests.support.hidden_pages import HIDDEN, WAYS_TO_HIDE
from tests.support.translations import make_index_in
from tests.support.wsgi import SiteClient

pytestmark = pytest.mark.django_db

EXAMPLES = number_of_examples(50)

# --- No errors -----------------------------------------------------------------------------------

# Pieces of search words, between spaces: syntax of FTS5 and tsquery, ...
QUERY_SYNTAX = """
    " "" “ ” « » „ ' ’ - -- -" * ** : ^ ( ) () { } AND OR NOT NEAR title: + ^lantern lan*
    & | ! !! <-> <2> :* :A \\ \\' lantern:* $$ ; /* % _
"""
# ... of templates and HTML, ...
MARKUP = "%s %(q)s {} {title} \\u0000 <script> </b> &amp; &#0;"
# ... text that is difficult to fold or to display, and numbers in unusual forms, ...
LETTERS = """
    لا الحرية عِتْق שלום زيمبابوي ʼ \u0301 e\u0301 ẞ İ ı ﬁ Ǆ Å ᾳ 각 漢字 🕯️ 👩‍👩‍👧 🇰🇪 \U0010ffff \ue000
    8.7 -1 1e400 NaN ١٢٣ ½ ²
"""
# ... and words that the site has or that its index uses itself.
KNOWN = "lantern LANTERNS lantren boat kenya kenyan labor the of countryke0 theme1 author1"
PIECES = [
    *f"{QUERY_SYNTAX} {MARKUP} {LETTERS} {KNOWN}".split(),
    # Pieces with spaces, and characters that may count as spaces.
    *("NEAR(a b, 5)", "a AND", "NOT NOT", "body : a", "'a' & !'b'", "{{ q }}", "{% now %}"),
    *("'; drop table x", "debt bondage", "help escape passport taken", "lantern " * 9, "9" * 30),
    *("\x00", "\x01", "\x1f", "\x7f", "\n", "\r\n", "\t", "\u200b", "\u2028"),
    *("\ufeff", "\ufffe", "\u202e", "\u2066"),
]
words = st.one_of(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map(" ".join),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join),
    st.text(max_size=250),
    st.text(min_size=1, max_size=8).map(lambda text: (text * 10_000)[:10_000]),
).map(lambda text: urlencode({"q": text}))
# Also bytes that are not valid UTF-8.
query_strings = words | st.binary(max_size=40).map(lambda raw: f"q={quote(raw)}")


def value(*usual):
    """Return a strategy for the value of a filter: one of `usual`, an edge case, or any text."""
    return st.sampled_from([*usual, "", "0", "-1", "\x00", "9" * 30, "'", "%"]) | st.text(max_size=12)


USUAL = {"country": ["kenya", "uganda", "KE"], "theme": ["debt", "dette"], "sort": ["date", "relevance"]}
USUAL |= {"year": ["2025", "1900", "2025.0", "٢٠٢٥"], "exact": ["1", "false"], "page": ["1", "2", "99"]}
USUAL |= {"kind": ["storypage", "standardpage", "homepage", "page", "user"]}
other_parameters = st.fixed_dictionaries({}, optional={name: value(*usual) for name, usual in USUAL.items()})
# The heading with the number of results, or texts of pages without it or without results.
COUNT = re.compile(r"\d+ results? for “|Nothing was found|Please search with fewer|Null char|id=.newest")


@thoroughly(EXAMPLES)
@given(query=query_strings, more=other_parameters)
def test_any_query_string_gets_a_valid_page_and_suggestions(monkeypatch, query, more):
    if not StoryPage.objects.exists():  # The first example makes the pages for all.
        act_as_committed(monkeypatch)  # so that the navigation is cached, which takes half of a request
        make_story("A lantern", countries=["KE"], themes=["Debt"])
        make_story("Two boats", body=[{"type": "text", "value": "<p>Kenyan lanterns</p>"}], countries=["UG"])
        make_plain_page("About lanterns", introduction="Of a lantern.")
    response = SiteClient().get(f"/search/?{query}&{urlencode(more)}")
    html = response.content.decode()
    assert (response.status_code, html.count("<h1"), "<script>" in html) == (200, 1, False)
    assert COUNT.search(html)
    response = SiteClient().get(f"/search/suggestions/?{query}")
    assert response.status_code == 200
    assert isinstance(response.json()["suggestions"], list)


# --- Hidden pages --------------------------------------------------------------------------------

# Each page has a word to search for and a word that may be shown only if the page is public. The words
# are dissimilar, because the search could rightly correct one to another otherwise.
SEARCHED = ["Xylophonic", "Brontosaur", "Quillwort", "Jodhpurs", "Tamarisk", "Velocipede"]
PROTECTED = ["Zephyrian", "Mahogany", "Orangutan", "Whirligig", "Gunpowder", "Peppermint"]
# A word of every page that is made.
SHARED = "Marigold"
COUNTRIES = {"KE": "Kenya", "MW": "Malawi", "PE": "Peru", "UG": "Uganda"}
THEMES = ["Debt", "Fishery", "Nightwork", "Schools"]


def public():
    return make_story()


def changed():
    """Make a public story with unpublished changes."""
    story = make_story()
    story.title, story.summary = f"Changed {SHARED}", f"Unpublished {PROTECTED[-1]} {SEARCHED[-1]}."
    story.save_revision()
    return story


def in_another_language():
    """Make a public story in French, which a search in English doesn't find."""
    index = StoryIndexPage.objects.filter(locale__language_code="fr").first() or make_index_in("fr")
    return make_story(parent=index)


PUBLIC = (public, changed)
pages = st.lists(
    st.tuples(
        # Public pages are made three times as often as those of one way to hide.
        st.sampled_from([*PUBLIC * 3, *WAYS_TO_HIDE, in_another_language]),
        st.sampled_from(sorted(COUNTRIES)),
        st.sampled_from(THEMES),
        st.integers(2021, 2024),
    ),
    min_size=2,
    max_size=len(SEARCHED) - 1,
)


def make_page(number, way, code, theme, year):
    """Make a page by calling `way`, and give it its words, one country, one theme and a year."""
    story = StoryPage.objects.get(pk=way().pk)  # as stored, because some ways change the database only
    searched, protected = SEARCHED[number], PROTECTED[number]
    story.title = f"{SHARED} {searched} {protected}"
    story.summary = f"{SHARED}: the {protected} of {searched}."
    story.date = story.date.replace(year=year, month=5, day=number + 1)
    terms = {"story_countries": [StoryCountry(country_id=code)]}
    save_with(story, check=False, **terms, story_themes=[StoryTheme(theme=make_theme(theme))])


# Functions that misspell a word: without one of its letters, and with two letters swapped.
MISSPELLINGS = [lambda word: word[:3] + word[4:], lambda word: word[:2] + word[3] + word[2] + word[4:]]


def choices_for(filed):
    """Return the expected choices, {label: number}, of the facets.

    `filed`: (country code, theme, year) of each public story.
    """
    facets = map(Counter, zip(*((COUNTRIES[code], *others) for code, *others in filed), strict=True))
    return {str(words): number for facet in facets if len(facet) > 1 for words, number in facet.items()}


def choices_on(html):
    """Return the choices of the facets, {label: number}, on a search page."""
    texts = [each.get_text(" ", strip=True) for each in html.select(".listing__filters .facet__choice")]
    return {label: int(number) for label, number in re.findall(r"(.+?)\s*\((\d+)\)$", "\n".join(texts), re.M)}


# An example takes a second, so there are fewer of them, and a failing one is not made smaller.
@settings(thoroughly(EXAMPLES), max_examples=EXAMPLES // 16, phases=[Phase.generate])
@given(made=pages)
@pytest.mark.usefixtures("filters_on_short_lists")
def test_nothing_hidden_is_shown_in_results_excerpts_facets_counts_or_corrections(monkeypatch, made):
    act_as_committed(monkeypatch)
    with transaction.atomic():
        for number, page in enumerate(made):
            make_page(number, *page)
        visitor = Visitor(SiteClient(), made)
        visitor.check_totals()
        visitor.check_each_word()
        transaction.set_rollback(True)


class Visitor:
    """Searches among the pages `made`, and fails when a word of a hidden page is shown.

    `made`: a tuple (function that made the page, country code, theme, year) for each page.
    """

    def __init__(self, client, made):
        self.client = client
        self.are_public = [page[0] in PUBLIC for page in made]
        self.filed = [page[1:] for page in made if page[0] in PUBLIC]
        used = {COUNTRIES[code] for code, _theme, _year in self.filed} | {row[1] for row in self.filed}
        hidden = [word for word, is_public in zip(PROTECTED, self.are_public, strict=False) if not is_public]
        # "Kept quiet" is a theme of hidden stories (hidden_pages.py).
        self.forbidden = [*hidden, *{*COUNTRIES.values(), *THEMES} - used]
        self.forbidden += [PROTECTED[-1], HIDDEN, "Kept quiet"]

    def check(self, text, words):
        shown = [word for word in self.forbidden if word.lower() in text.lower()]
        assert not shown, f"shows for {words}: {shown}"
        return text

    def search(self, words, **filters):
        """Return the page for `words`, and the number of results that it says there are."""
        html = parse(self.client.get(f"/search/?{urlencode({'q': words} | filters)}"))
        self.check(html.text, words)
        return html, int(html.select_one(".listing__count").text.split()[0])

    def suggest(self, words):
        """Return the suggestions for `words` as one text."""
        found = self.client.get("/search/suggestions/", {"q": words}).json()["suggestions"]
        return self.check(str(found), words)

    def check_totals(self):
        everything, number = self.search(SHARED)
        assert len(everything.select(".result")) == number == len(self.filed)
        assert choices_on(everything) == choices_for(self.filed)
        for code, number in Counter(row[0] for row in self.filed).items():
            assert self.search(SHARED, country=COUNTRIES[code].lower())[1] == number
        for words in (SHARED, *COUNTRIES.values(), *THEMES):
            self.suggest(words[:3])

    def check_each_word(self):
        # Further words are on no page; the last ones are in an unpublished change.
        are_public = self.are_public + [False] * (len(SEARCHED) - len(self.are_public))
        for searched, protected, is_public, misspell in zip(
            SEARCHED, PROTECTED, are_public, MISSPELLINGS * 3, strict=True
        ):
            found, number = self.search(searched)
            shown = [bool(number), protected in found.text, protected in self.suggest(searched[:4])]
            assert [*shown, searched in self.search(misspell(searched))[0].text] == [is_public] * 4
