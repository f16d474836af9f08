"""A page that is hidden in any way is not public, and the search does not suggest or promote it.

Nor does the search correct a misspelt word to a word of such a page.

tests/publishing/test_visibility.py tests the results, and tests/search/test_fuzz.py mixtures of hidden and
public pages.
"""

import pytest
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from publishing.visibility import is_published
from search.finding import Search
from search.forms import SearchForm
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


def test_no_hidden_story_is_public(hidden):
    shown = make_story(f"{SHOWN} title")
    assert [[*StoryPage.objects.published(few)] for few in (False, True)] == [[shown]] * 2
    stored = [StoryPage.objects.get(pk=page.pk) for page in (*hidden, shown)]
    assert [page for page in stored if is_published(page)] == [shown]


def test_nothing_of_a_hidden_story_is_suggested(hidden, suggest):
    # The last ones are themes and countries that only the hidden stories have.
    assert {word: suggest(word) for word in (HIDDEN, "kept", "debt", "kenya") if suggest(word)} == {}
    make_story(f"{SHOWN} title", countries=["KE"], themes=["Debt"])
    expected = {"kept": [], "debt": ["Debt"], "kenyan": ["Kenya"], "title": [f"{SHOWN} title"]}
    assert {word: suggest(word) for word in expected} == expected


def test_a_word_that_only_hidden_pages_have_is_no_correction(hidden):
    make_story(f"{SHOWN} title")
    for typed, corrected in (("quixotik", []), ("quixotik marigolt", ["quixotik Marigold"])):
        form = SearchForm({"q": typed})
        assert form.is_valid()
        assert [correction.text for correction in Search(form).corrections] == corrected


def test_hidden_pages_are_promoted_neither_by_themselves_nor_by_their_external_link(hidden):
    query, link = Query.get("quiet"), {"external_link_url": "https://example.org", "external_link_text": "A"}
    for page in [*hidden, make_story("Public")]:
        SearchPromotion.objects.create(query=query, page=page)
    for page in hidden:
        SearchPromotion.objects.create(query=query, page=page, **link)
    assert [promotion.title for promotion in find_promotions("quiet", "en")] == ["Public"]
