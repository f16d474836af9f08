"""Outlets, where the site itself carries a story, show it only as everybody in it agreed."""

import re
from itertools import pairwise, product
from pathlib import Path

import pytest
from django.contrib.syndication.views import Feed
from django.template.loader import get_template
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.blocks import PageChooserBlock

from home.models import FeaturedStory
from publishing.addresses import absolute
from safeguarding.outlets import OUTLETS, may_be_used
from safeguarding.scopes import Channel
from site_project import urls  # noqa: F401 - with it, all views are imported
from stories import feeds
from stories.blocks import StoryBody
from stories.models import StoryPage
from stories.renditions import make_renditions
from tests.support import builders, people
from tests.support.builders import make_plain_page, make_story, parse
from tests.support.committed import caches_in_use
from tests.support.page_heads import change_settings
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.unmet_conditions import WITHDRAWN, about

DONATE = "https://www.example.org/give/"
ASKING = {"type": "text", "value": '<p>Please <a href="http://example.org/give?from=here">give</a>.</p>'}
BUTTON = {"type": "action", "value": {"label": "Give now", "url": f"{DONATE}#now"}}
USES = {*Channel.values}
COMBINATIONS = [
    {use for n, use in enumerate(Channel.values) if number >> n & 1} for number in range(2 ** len(USES))
]
SOME = [USES - {use} for use in Channel.values]
# What each of the people in a story agrees to: one person, and two who differ.
CASES = [*product(COMBINATIONS), *product(SOME, [USES]), *product([USES], SOME), *pairwise(SOME)]
NO_SNIPPETS, NOT_PRINTED = "max-snippet:0, max-image-preview:none", "[data-print=title] > [data-print=only]"
GIVE = "main [href*='example.org/give']"


def agree(person, uses):
    people.record(person, **people.ALL_AGREED | {"where": [*uses]})


def chosen(*stories):
    return {"type": "chosen_stories", "value": {"heading": "More", "stories": [each.pk for each in stories]}}


def make_stories():
    """Return a story with everything for each of CASES, with numbered titles and summaries."""
    agreeing = {frozenset(uses): make_agreeing_person() for uses in COMBINATIONS}
    fields = {"lead_image": builders.make_image(), "lead_image_alt": "A lamp", "body": [ASKING, BUTTON]}
    stories = []
    for n, case in enumerate(CASES):
        fields |= {"title": f"Road {n:02}", "summary": f"Words {n:02}"}
        stories.append(make_story_about(*(agreeing[frozenset(uses)] for uses in case), **fields))
    make_renditions(stories[0])
    for uses, person in agreeing.items():
        agree(person, uses)
    return stories


def read_lists(client, stories):
    """Return {name: text} of what shows several of `stories`: pages, feeds and the sitemap."""
    change_settings(donate_url=DONATE)
    FeaturedStory.objects.create(home_page=builders.home_page(), story=stories[0])
    blocks = {"quiet": [chosen(*stories)], "asking": [ASKING, chosen(*stories)]}
    lists = {name: make_plain_page(name, body=body).url for name, body in blocks.items()}
    others = ("", "feed.atom", "stories/feed.rss", "sitemap.xml", "stories/", "search/?q=road")
    lists |= {each: f"/{each}" for each in others}
    return {name: client.get(url).text for name, url in lists.items()}


def find_uses(client, story, lists):
    """Return the uses with which something of `story` is shown. All that shows it for a use is checked."""
    page, read = client.get(story.url), client.get(f"{story.url}?text=1")
    in_sitemap = next((each for each in lists["sitemap.xml"].split("<url>") if story.url in each), "")
    if page.status_code == 404:
        assert not in_sitemap and not [each for each in lists if story.title in lists[each]]
        return set()
    page, read = parse(page), parse(read)
    head = page.head.extract()
    words = " ".join(tag["content"] for tag in head("meta", content=True))
    data = head.select_one("script[type='application/ld+json']").string
    in_words = [story.summary in words, "fill-1200x630" in words, NO_SNIPPETS not in words]
    in_data, shares = (
        [story.summary in data, '"Article"' in data],
        page.select(".share, [href*='wa.me'], [data-copy]"),
    )
    shown = {
        "website": [page.find(string=re.compile("Please")), story.title in lists["quiet"], in_sitemap],
        "social": [*in_words, *in_data, shares, "<image:loc>" in in_sitemap],
        "print": [not page.select(NOT_PRINTED), not read.select("[data-print=title]")],
        "fundraising": [page.find("a", string="Give now"), page.select(GIVE), story.title in lists["asking"]],
        "partners": [story.summary in lists[feed] for feed in ("feed.atom", "stories/feed.rss")],
    }
    for use, places in shown.items():
        assert len({*map(bool, places)}) == 1, (story.title, use, places)
    return {use for use, places in shown.items() if all(places)}


@pytest.mark.django_db
def test_all_combinations_of_uses_are_obeyed_by_every_outlet(client, media_root, subtests, monkeypatch):
    monkeypatch.setattr(feeds, "FEED_LENGTH", len(CASES))
    stories = make_stories()
    lists = read_lists(client, stories)
    with caches_in_use():
        for case, story in zip(CASES, stories, strict=True):
            with subtests.test([sorted(uses) for uses in case]):
                uses = set.intersection(*case)
                expected = uses - {"languages"} if "website" in uses else set()  # it is no translation
                assert find_uses(client, story, lists) == expected


@pytest.mark.django_db
def test_the_picture_of_the_home_page_and_what_to_read_next_obey_uses_that_change(client, media_root):
    person, lamp = make_agreeing_person(), {"lead_image": builders.make_image(), "lead_image_alt": "A lamp"}
    story = make_story_about(person, title="The road", countries=["KE"], **lamp)
    make_renditions(story)
    change_settings(donate_url=DONATE)
    FeaturedStory.objects.create(home_page=builders.home_page(), story=story)
    other = make_story("Another", countries=["KE"], body=[ASKING])
    for uses in [*SOME, USES]:
        agree(person, uses)
        is_shown = "fill-1200x630" in client.get("/").text, story.title in client.get(other.url).text
        assert is_shown == tuple({"website", use} <= uses for use in ("social", "fundraising"))


@pytest.mark.django_db
def test_a_page_of_this_site_can_be_the_one_for_donations(client):
    story = make_story_about(make_agreeing_person({"where": ["website"]}), title="The road")
    giving = make_plain_page("Give", body=[chosen(story)])
    text = {"type": "text", "value": f'<p><a linktype="page" id="{giving.pk}">Give</a></p>'}
    button = {"type": "action", "value": {"label": "Give", "page": giving.pk}}
    links = [make_plain_page(each["type"], body=[each, chosen(story)]) for each in (text, button)]
    for url, is_shown in ((DONATE, True), (absolute(giving.url), False)):
        change_settings(donate_url=url)
        assert [story.title in client.get(each.url).text for each in (giving, *links)] == [is_shown] * 3
    telling = make_story_about(make_agreeing_person({"where": ["website"]}), body=[text])
    assert not parse(client.get(telling.url)).select(f"main [href='{giving.url}']")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("donate", "link"), [("/gäbe", "/g%C3%A4be"), ("/g%C3%A4be", "/gäbe"), ("/give/?c=1", "/give?c=2")]
)
def test_addresses_for_donations_are_known_however_they_are_written(donate, link, client):
    change_settings(donate_url=f"https://example.org{donate}")
    story = make_story_about(make_agreeing_person({"where": ["website"]}), title="The road")
    asking = {"type": "text", "value": f'<p><a href="https://example.org{link}">Give</a></p>'}
    page = make_plain_page("Help us", body=[asking, chosen(story)])
    assert story.title not in client.get(page.url).text


@pytest.mark.django_db
def test_pages_that_are_no_stories_are_used_as_their_people_agree(client):
    """A plain page, which can tell of somebody too."""
    change_settings(donate_url=DONATE)
    person = make_agreeing_person()
    page = make_plain_page("A", introduction="Her words.", body=[ASKING, BUTTON], **about(person))
    for uses in filter({"website"}.issubset, SOME):
        agree(person, uses)
        tree = parse(client.get(page.url))
        words = " ".join(tag["content"] for tag in tree.head("meta", content=True))
        assert ("Her words." in words, NO_SNIPPETS in words) == ("social" in uses, "social" not in uses)
        shown = {"print": not tree.select(NOT_PRINTED), "fundraising": bool(tree.select(GIVE))}
        assert shown == {use: use in uses for use in shown}


@pytest.mark.django_db
def test_unknown_is_no():
    person = make_agreeing_person()
    ended, of_nobody = make_story_about(person), make_story()
    people.record(person, **people.ALL_AGREED | {"ends_on": people.days_from_today(-1)})
    people.decide(ended, person, "other")
    assert StoryPage.objects.published().filter(pk=ended.pk).exists(), "without a consent that runs"
    unsaved, ended = StoryPage(title="Never saved"), StoryPage.objects.get(pk=ended.pk)
    for outlet in OUTLETS:
        used = [may_be_used(page, outlet) for page in (unsaved, ended, of_nobody)]
        assert used == [False, False, True], outlet
    assert not may_be_used(make_story_about(make_agreeing_person(WITHDRAWN), live=False), "printed page")


# --- The table -----------------------------------------------------------------------------------

CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
COMMENT_OR_TEXT = re.compile(r"""\{#.*?#\}|"[^"]*"|'[^']*'""", re.DOTALL)
FIELDS = "summary|lead_image|seo_title|search_description|title|body|content_notes|authors"
STORY = re.compile(rf"\b(?:story|result|pictured)\.\w|\bstory_(?:cards|main)\b|\bpage\.(?:{FIELDS})\b")
ROOMS = ("home", "stories", "search", "media", "publishing", "site_project")


def subclasses(kind):
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


def templates_with_stories():
    """Yield the names of the templates of public pages whose code reads something of a story."""
    for folder in (Path(__file__).parents[2] / room / "templates" for room in ROOMS):
        for path in folder.rglob("*.*"):
            code = " ".join(CODE.findall(COMMENT_OR_TEXT.sub("", path.read_text())))
            if STORY.search(code) and "admin" not in path.parts:
                yield str(path.relative_to(folder))


def has_pages(block):
    parts = [*getattr(block, "child_blocks", {}).values(), getattr(block, "child_block", None)]
    return isinstance(block, PageChooserBlock) or any(map(has_pages, filter(None, parts)))


def test_every_outlet_is_in_the_table():
    views = {each for each in subclasses(Feed) if "item_guid" in vars(each)}
    exports = [
        each for each in subclasses(SpreadsheetExportMixin) if not each.__module__.startswith("wagtail.")
    ]
    views |= {each for each in exports if "title" in str(each.list_export) or "export_columns" in vars(each)}
    blocks = [block for block in StoryBody().child_blocks.values() if has_pages(block)]
    found = {block.meta.template for block in blocks if block.name != "action"}
    found |= {*templates_with_stories(), *(f"{view.__module__}.{view.__name__}" for view in views)}
    assert {"stories/story_card.html", "home/structured_data.html", "stories.feeds.StoryFeed"} <= found
    assert {"editing.desk.story_list.StoryListView", "stories/blocks/chosen_stories.html"} <= found
    assert found <= OUTLETS.keys(), "name the use that each of these needs"
    for name in OUTLETS:
        if "/" in name:
            get_template(name)  # no row is left of a template that is gone
