"""A page that is hidden in any way is not public, and the search does not suggest or promote it.

Nor does the search correct a misspelt word to a word of such a page.

tests/publishing/test_visibility.py tests the results, and tests/search/test_fuzz.py mixtures of hidden and
public pages.
"""

import pytest
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from publishing.visibility import is_published
from search.corrections import Correction
from search.finding import Search
from search.forms import SearchForm
from search.known_words import store_known_words
from search.models import KnownWord
from search.promotions import find_promotions
from stories.models import StoryPage
from tests.support.builders import make_story
from tests.support.hidden_pages import HIDDEN, SHOWN, WAYS_TO_HIDE

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def hidden(module_transaction):
    """A story for each way to hide it, as a list. Their titles are “Quixotic title”."""
    return [hide() for hide in WAYS_TO_HIDE]


@pytest.fixture
def suggest(client):
    def suggest(words):
        found = client.get("/search/suggestions/", {"q": words}).json()["suggestions"]
        return [suggestion["text"] for suggestion in found]

    return suggest


def correct(text):
    form = SearchForm({"q": text})
    assert form.is_valid()
    return Search(form).corrections


def test_no_hidden_story_is_public(hidden):
    shown = make_story(f"{SHOWN} title")
    for few in (False, True):
        assert list(StoryPage.objects.published(few)) == [shown]
    stored = [StoryPage.objects.get(pk=page.pk) for page in (*hidden, shown)]
    assert [page for page in stored if is_published(page)] == [shown]


def test_nothing_of_a_hidden_story_is_suggested(hidden, suggest):
    assert suggest(HIDDEN) == []
    # Themes and countries that only the hidden stories have.
    assert suggest("kept") == suggest("debt") == suggest("kenya") == []
    make_story(f"{SHOWN} title", countries=["KE"], themes=["Debt"])
    assert suggest("kept") == []
    assert suggest("debt") == ["Debt"]
    assert suggest("kenyan") == ["Kenya"]
    assert suggest("title") == [f"{SHOWN} title"]


def test_a_word_that_only_hidden_pages_have_is_no_correction(hidden):
    make_story(f"{SHOWN} title")
    assert correct("quixotik") == []
    assert [correction.text for correction in correct("quixotik marigolt")] == ["quixotik Marigold"]
    # That the word is known makes no difference.
    KnownWord.objects.all().delete()
    make_story("Quixotry")
    without = correct("quixotic")
    store_known_words(["Quixotic"])
    assert correct("quixotic") == without == [Correction("Quixotry", is_clear=True)]


def test_hidden_pages_are_promoted_neither_by_themselves_nor_by_their_external_link(hidden):
    query = Query.get("quiet")
    for number, page in enumerate([*hidden, make_story("Public")]):
        SearchPromotion.objects.create(query=query, page=page, sort_order=number)
    for page in hidden:
        link = {"external_link_url": "https://example.org", "external_link_text": "A link"}
        SearchPromotion.objects.create(query=query, page=page, **link)

    assert [promotion.title for promotion in find_promotions("quiet", "en")] == ["Public"]
