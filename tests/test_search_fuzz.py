"""Whatever is asked, the search answers; and whatever is hidden, it stays hidden.

`make test` tries 200 examples, always the same ones; `make drill` sets FUZZ_EXAMPLES for more, by chance.
"""

import re
from collections import Counter
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from wagtail.models import Locale, Page

from home.models import HomePage
from stories.models import StoryCountry, StoryPage, StoryTheme
from tests.builders import home_page, make_index, make_plain_page, make_story, make_theme, parse
from tests.fuzzing import number_of_examples, thoroughly
from tests.test_visibility import WAYS_TO_HIDE

pytestmark = pytest.mark.django_db

EXAMPLES = number_of_examples(200)

# --- No error page -------------------------------------------------------------------------------

# What means something to FTS5, to tsquery, to Django or to HTML, and what is hard to fold or to show.
PIECES = [
    *(
        '"',
        '""',
        "“",
        "”",
        "«",
        "»",
        "„",
        "'",
        "’",
        "-",
        "--",
        '-"',
        "*",
        "**",
        ":",
        "^",
        "(",
        ")",
        "()",
        "{",
        "}",
    ),
    *(
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "NEAR(a b, 5)",
        "a AND",
        "NOT NOT",
        "title:",
        "body : a",
        "+",
        "^lantern",
        "lan*",
    ),
    *(
        "&",
        "|",
        "!",
        "!!",
        "<->",
        "<2>",
        ":*",
        ":A",
        "\\",
        "\\'",
        "'a' & !'b'",
        "lantern:*",
        "$$",
        ";",
        "--",
        "/*",
    ),
    *(
        "%",
        "_",
        "%s",
        "%(q)s",
        "{}",
        "{title}",
        "{{ q }}",
        "{% now %}",
        "<script>",
        "</b>",
        "&amp;",
        "&#0;",
        "\\u0000",
    ),
    *(
        "\x00",
        "\x01",
        "\x1f",
        "\x7f",
        "\n",
        "\r\n",
        "\t",
        "\u200b",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "\u202e",
        "\u2066",
    ),
    *(
        "لا",
        "الحرية",
        "عِتْق",
        "שלום",
        "زيمبابوي",
        "ʼ",
        "́",
        "e\u0301",
        "ẞ",
        "İ",
        "ı",
        "ﬁ",
        "Ǆ",
        "Å",
        "ᾳ",
        "각",
        "漢字",
    ),
    *("🕯️", "👩‍👩‍👧", "🇰🇪", "\U0010ffff", "\ue000", "9" * 30, "8.7", "-1", "1e400", "NaN", "١٢٣", "½", "²"),
    *(
        "lantern",
        "LANTERNS",
        "lantren",
        "boat",
        "kenya",
        "kenyan",
        "debt bondage",
        "labor",
        "the",
        "of",
        "lantern " * 9,
    ),
    *("countryke0", "theme1", "author1", "help escape passport taken"),
]
words = st.one_of(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map(" ".join),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join),
    st.text(max_size=250),
    st.text(min_size=1, max_size=8).map(lambda text: (text * 10_000)[:10_000]),
).map(lambda text: urlencode({"q": text}))
# Bytes that are no UTF-8 reach the site too.
anything = words | st.binary(max_size=40).map(lambda raw: f"q={quote(raw)}")


def value(*usual):
    """A strategy for the value of a filter: one that there is, or any text."""
    return st.sampled_from([*usual, "", "0", "-1", "\x00", "9" * 30, "'", "%", "nil"]) | st.text(max_size=12)


others = st.fixed_dictionaries(
    {},
    optional={
        "country": value("kenya", "uganda", "KE"),
        "theme": value("debt", "dette"),
        "year": value("2025", "1900", "2025.0", "٢٠٢٥"),
        "kind": value("storypage", "standardpage", "homepage", "page", "user"),
        "sort": value("date", "relevance"),
        "exact": value("1", "false"),
        "page": value("1", "2", "99", "1e9"),
    },
)
COUNT = re.compile(r"\d+ results? for “")
# What the page says instead of results.
ANSWERS = (
    "Nothing was found",
    "Please search with fewer words",
    "Null characters are not allowed",
    'id="newest"',
)


@thoroughly(EXAMPLES)
@given(query=anything, more=others)
def test_whatever_is_asked_gets_an_answer(client, query, more):
    if not StoryPage.objects.exists():
        story = make_story("A lantern", countries=["KE"], themes=["Debt"])
        make_story("Two boats", body=[{"type": "text", "value": "<p>Kenyan lanterns</p>"}], countries=["UG"])
        make_plain_page("About lanterns", introduction=f"Of {story.title}.")

    response = client.get(f"/search/?{query}&{urlencode(more)}")

    assert response.status_code == 200
    html = response.content.decode()
    assert html.count("<h1") == 1
    assert COUNT.search(html) or any(answer in html for answer in ANSWERS)
    assert "<script>" not in html.replace("<script>document", "")


@thoroughly(EXAMPLES)
@given(query=anything)
def test_whatever_is_typed_so_far_gets_suggestions_or_none(client, query):
    response = client.get(f"/search/suggestions/?{query}")

    assert response.status_code == 200
    assert isinstance(response.json()["suggestions"], list)


# --- Nothing hidden ------------------------------------------------------------------------------

# Each page has a word that leads to it and another that must only show when it is public. No word is
# like another, or the search could rightly propose one for the other.
LEADING = ["Xylophonic", "Brontosaur", "Quillwort", "Jodhpurs", "Tamarisk", "Velocipede"]
TELLING = ["Zephyrian", "Mahogany", "Orangutan", "Whirligig", "Gunpowder", "Peppermint"]
SHARED = "Marigold"
COUNTRIES = {"KE": "Kenya", "MW": "Malawi", "PE": "Peru", "UG": "Uganda"}
THEMES = ["Debt", "Fishery", "Nightwork", "Schools"]


def public():
    return make_story()


def changed():
    """A public story, with changes that are not published."""
    story = make_story()
    story.title, story.summary = f"Changed {SHARED}", f"Unpublished {TELLING[-1]} {LEADING[-1]}."
    story.save_revision()
    return story


def in_another_language():
    locale, _is_new = Locale.objects.get_or_create(language_code="fr")
    home = HomePage.objects.filter(locale=locale).first()
    if not home:
        home = home_page().copy_for_translation(locale)
        home.save_revision().publish()
    return make_story(parent=make_index(home, title="Histoires"))


PUBLIC = (public, changed)
pages = st.lists(
    st.tuples(
        st.sampled_from([*PUBLIC * 3, *WAYS_TO_HIDE, in_another_language]),
        st.sampled_from(sorted(COUNTRIES)),
        st.sampled_from(THEMES),
        st.integers(2021, 2024),
    ),
    min_size=2,
    max_size=len(LEADING) - 1,
)


def make_page(number, way, code, theme, year):
    """Make a page by `way`, with words of its own, filed under one country and theme."""
    story = StoryPage.objects.get(pk=way().pk)  # as it is stored: not live, where it was hidden afterwards
    story.title = f"{SHARED} {LEADING[number]} {TELLING[number]}"
    story.summary = f"{SHARED}: the {TELLING[number]} of {LEADING[number]}."
    story.date = story.date.replace(year=year, month=5, day=number + 1)
    story.story_countries = [StoryCountry(country_id=code)]
    story.story_themes = [StoryTheme(theme=make_theme(theme))]
    story.save()
    # The next page may be hidden in the same way, at the same addresses.
    Page.objects.filter(slug__in=["alias", "one", "two"]).update(slug=Concat("slug", Value(f"-{number}")))


def misspelt(word):
    """Return `word` with one letter less, and with two letters the other way round."""
    return [word[:3] + word[4:], word[:2] + word[3] + word[2] + word[4:]]


def choices_for(filed):
    """Return the choices of the facets, {words: number}, for public stories filed as `filed`."""
    countries, themes, years = (
        (Counter(column) for column in zip(*filed, strict=True)) if filed else ({}, {}, {})
    )
    facets = [{COUNTRIES[code]: number for code, number in countries.items()}, themes, years]
    return {str(words): number for facet in facets if len(facet) > 1 for words, number in facet.items()}


def choices_on(html):
    return {
        re.sub(r"\s*\(\d+\)", "", words): int(re.search(r"\((\d+)\)", words)[1])
        for choice in html.select(".listing__filters .facet__choice")
        if (words := choice.get_text(" ", strip=True))
    }


# An example takes a second: there are fewer, and none is made smaller when it fails.
@settings(thoroughly(EXAMPLES), max_examples=EXAMPLES // 20, phases=[Phase.generate])
@given(made=pages)
def test_nothing_hidden_shows_in_results_excerpts_facets_counts_or_corrections(client, made):
    with transaction.atomic():
        for number, page in enumerate(made):
            make_page(number, *page)
        visitor = Visitor(client, made)
        visitor.checks_totals()
        visitor.checks_each_word()
        transaction.set_rollback(True)


class Visitor:
    """Somebody who searches among the pages `made`, and must never see a word of those not public."""

    def __init__(self, client, made):
        self.client = client
        self.is_public = [page[0] in PUBLIC for page in made]
        self.filed = [page[1:] for page in made if page[0] in PUBLIC]
        used = {COUNTRIES[code] for code, _theme, _year in self.filed} | {row[1] for row in self.filed}
        unused = {*COUNTRIES.values(), *THEMES} - used
        hidden = [word for word, shows in zip(TELLING, self.is_public, strict=False) if not shows]
        self.forbidden = [*hidden, *unused, TELLING[-1], "Quixotic", "Kept quiet"]

    def searches(self, words, **filters):
        html = parse(self.client.get(f"/search/?{urlencode({'q': words} | filters)}"))
        self._refuses_forbidden(html.text, words)
        return html

    def counts(self, words, **filters):
        return int(self.searches(words, **filters).select_one(".listing__count").text.split()[0])

    def begins(self, words):
        """Return the suggestions for `words` as one text."""
        found = str(self.client.get("/search/suggestions/", {"q": words}).json()["suggestions"])
        self._refuses_forbidden(found, words)
        return found

    def _refuses_forbidden(self, text, words):
        shown = [word for word in self.forbidden if word.lower() in text.lower()]
        assert not shown, f"shows for {words}: {shown}"

    def checks_totals(self):
        everything = self.searches(SHARED)
        assert len(everything.select(".result")) == self.counts(SHARED) == len(self.filed)
        assert choices_on(everything) == choices_for(self.filed)
        for code in {row[0] for row in self.filed}:
            number = [row[0] for row in self.filed].count(code)
            assert self.counts(SHARED, country=COUNTRIES[code].lower()) == number
        for words in (SHARED, *COUNTRIES.values(), *THEMES):
            self.begins(words[:3])

    def checks_each_word(self):
        never = [False] * (len(LEADING) - len(self.is_public))  # the last one is in an unpublished change
        for leading, telling, shows in zip(LEADING, TELLING, [*self.is_public, *never], strict=True):
            assert self.counts(leading) == int(shows)
            assert (telling in self.searches(leading).text) == shows
            assert (telling in self.begins(leading[:4])) == shows
            for typed in misspelt(leading):
                assert (leading in self.searches(typed).text) == shows
