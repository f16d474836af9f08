"""The number of queries of each public page, which must not depend on the number of stories."""

import datetime
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caching.content_version import content_version
from home.models import FeaturedStory, HomePage
from publishing.pages import page_types
from search import finding
from stories.filters import FILTERS
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders, wsgi
from tests.support.translations import make_index_in
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]
# Small pictures, because many renditions are made of each.
make_image = partial(builders.make_image, size=(48, 32))

# Queries that count a search without results: an update, two for its savepoint, and two for SQLite's timeout.
COUNTING = 5
# {address: (queries of a process with an empty cache, queries of one that has cached what pages share)}. In
# brackets is the number to which the first one may grow, without those for the content version.
# One reads the content version before a page is made, and one before it is stored. For the home page, one
# asks whether it may be read today. The query that finds the other pages asks this itself. One asks for the
# view restrictions of the page. The paths of pages are not cached for that: they change.
# A filter besides country, theme and year takes one on each page that counts its choices.
MORE = len(FILTERS) - 3
PINNED = {
    "/": (21 + MORE, 7),  # (15)
    "/stories/": (16 + MORE, 4),  # (18)
    "/stories/africa/": (16 + MORE, 4),  # (18)
    "/stories/?country=kenya&year=2025": (16 + MORE, 4),  # (18)
    "/stories/country/kenya/": (16 + MORE, 5),  # (18)
    "/stories/theme/forced-labour/": (16 + MORE, 5),  # (18)
    "/stories/africa/the-story/": (16, 4),  # (15)
    "/search/?q=words": (16 + MORE, 2),  # (20)
    # One looks for other languages.
    "/search/?q=nothing-has-this-word": (19 + MORE + COUNTING, 3 + COUNTING),
    "/about/": (9, 4),
    "/no-such-page/": (9, 3),  # of the 9, one asks whether there are old addresses of WordPress
}


def build_site():
    """Create a site with 14 stories with terms, authors and pictures, two of them featured, and other pages.

    Return the stories, and PINNED with a page of each other type, which takes as many as a plain page.
    """
    section = builders.make_index(builders.make_index(), "Africa")
    builders.make_plain_page("About", show_in_menus=True)
    builders.make_author("Staff", picture=make_image())
    body = [{"type": "text", "value": "<p>Words.</p>"}, builders.pictures_block(make_image(), make_image())]
    # Stories share pictures, because creating the renditions takes most of the time.
    leads = [make_image() for _ in range(5)]
    stories = [
        builders.make_story(
            "The story" if number == 7 else None,  # it has stories before and after it
            parent=section,
            countries=["KE", "SN"],
            themes=["Forced labour", "Mining"],
            authors=["Staff"],
            date=datetime.date(2025, 1, 1) + datetime.timedelta(days=number),
            lead_image=leads[number % len(leads)],
            lead_image_alt="A place",
            body=[*body, builders.pictures_block(leads[0])],
        )
        for number in range(14)  # so lists have a second page
    ]
    home = builders.home_page()
    home.featured_stories = [FeaturedStory(story=story) for story in stories[:2]]
    home.save()
    others = set(page_types()) - {HomePage, StoryIndexPage, StoryPage}
    return stories, {builders.make_page_of(model).url: PINNED["/about/"] for model in others} | PINNED


def warm_up(pinned):
    """Make renditions, and fill caches."""
    for address in pinned:
        wsgi.SiteClient().get(address)


def count_queries(pinned):
    """Return {address: number of queries} for the addresses in `pinned`."""
    counts = {}
    for address in pinned:
        client = wsgi.SiteClient()
        wsgi.forget_pages(client.process)
        content_version.recent()  # Otherwise only the first request would read it.
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts[address] = len(queries)
    return counts


def test_pages_make_the_pinned_number_of_queries_for_any_number_of_stories(request, wagtail_cache):
    stories, pinned = build_site()
    warm_up(pinned)
    uncached = count_queries(pinned)  # nothing is cached inside the transaction of a test
    with undone():
        # The featured ones, and "The story" with the one before it and the one after it.
        kept = [story.pk for story in stories[:2] + stories[6:9]]
        StoryPage.objects.exclude(pk__in=kept).update(live=False)
        assert count_queries(pinned) == uncached
    request.getfixturevalue("committed")
    warm_up(pinned)
    cached = count_queries(pinned)
    assert {address: (uncached[address], cached[address]) for address in pinned} == pinned


@pytest.mark.usefixtures("committed", "wagtail_cache")
def test_a_search_in_other_languages_takes_three_queries_more_for_each(monkeypatch):
    """One finds the matches, one puts them in order, and one loads the pages. The first two are cached."""
    for number in range(2):
        builders.make_story(f"Lantern {number}")
    builders.make_story("Lantern", make_index_in("fr"))
    address = "/fr/search/?q=lantern"
    warm_up([address])
    counts = [count_queries([address])]
    monkeypatch.setattr(finding, "FEW_RESULTS", 0)
    counts.append(count_queries([address]))
    assert counts == [{address: 3}, {address: 2}]
