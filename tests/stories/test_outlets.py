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
from tests.support.builders import home_page, make_image, make_plain_page, make_story, parse, save_with
from tests.support.committed import caches_in_use
from tests.support.page_heads import change_settings
from tests.support.people import (
    ALL_AGREED,
    days_from_today,
    decide,
    make_agreeing_person,
    make_story_about,
    record,
)
from tests.support.unmet_conditions import WITHDRAWN, about

DONATE = "https://www.example.org/give/"
ASKING = {"type": "text", "value": '<p>Please <a href="http://example.org/give?from=here">give</a>.</p>'}
BUTTON = {"type": "action", "value": {"label": "Give now", "url": f"{DONATE}#now"}}
USES = {*Channel.values}
COMBINATIONS = [{use for n, use in enumerate(Channel) if number >> n & 1} for number in range(2 ** len(USES))]
SOME = [USES - {use} for use in Channel.values]
TWO_PEOPLE = [*product(SOME, [USES]), *product([USES], SOME), *pairwise(SOME)]


def chosen(*stories):
    return {"type": "chosen_stories", "value": {"heading": "More", "stories": [each.pk for each in stories]}}


def json_of(*blocks):
    return StoryPage.body.field.stream_block.to_python(list(blocks))


def agree(person, uses):
    record(person, **ALL_AGREED | {"where": [*uses]})


def make_stories(cases):
    """Return a story with everything for each of `cases`, in which are people with these uses."""
    people = {frozenset(uses): make_agreeing_person() for case in cases for uses in case}
    fields = {"lead_image": make_image(), "lead_image_alt": "A lamp", "body": [ASKING, BUTTON]}
    stories = []
    for n, case in enumerate(cases):
        fields |= {"title": f"Road {n:02}", "summary": f"Words {n:02}"}
        stories.append(make_story_about(*(people[frozenset(uses)] for uses in case), **fields))
    for uses, person in people.items():
        agree(person, uses)
    return stories


def read_lists(client, stories):
    """Return {name: text} of what shows several of `stories`: pages, feeds and the sitemap."""
    change_settings(donate_url=DONATE)
    blocks = {"quiet": [chosen(*stories)], "asking": [ASKING, chosen(*stories)]}
    lists = {name: make_plain_page(name, body=json_of(*body)).url for name, body in blocks.items()}
    others = ["", "feed.atom", "stories/feed.rss", "sitemap.xml", "stories/", "search/?q=road"]
    FeaturedStory.objects.create(home_page=home_page(), story=stories[0])
    lists |= {each: f"/{each}" for each in others}
    return {name: client.get(url).text for name, url in lists.items()}


def find_uses(client, story, lists):
    """Return the uses with which something of `story` is shown. All that shows it for a use is checked."""
    page, read = client.get(story.url), client.get(f"{story.url}?text=1")
    assert {page.status_code, read.status_code} in ({200}, {404})
    in_sitemap = next((each for each in lists["sitemap.xml"].split("<url>") if story.url in each), "")
    if page.status_code == 404:
        assert not in_sitemap and not [each for each in lists if story.title in lists[each]]
        return set()
    page, read = parse(page), parse(read)
    head = page.head.extract()
    words = " ".join(tag["content"] for tag in head("meta", content=True))
    data = head.select_one("script[type='application/ld+json']").string
    shown = {
        "website": [page.find(string=re.compile("Please")), story.title in lists["quiet"], in_sitemap],
        "social": [
            *(story.summary in words, story.summary in data, "fill-1200x630" in words, '"Article"' in data),
            "max-snippet:0, max-image-preview:none" not in words,
            page.select(".share, a[href*='wa.me'], [data-copy]"),
            "<image:loc>" in in_sitemap,
        ],
        "print": [
            not page.select("[data-print=title] > [data-print=only]"), not read.select("[data-print=title]"),
        ],
        "fundraising": [
            page.find("a", string="Give now"), page.find("a", href=re.compile("example.org/give")),
            story.title in lists["asking"],
        ],
        "partners": [story.summary in lists[feed] for feed in ("feed.atom", "stories/feed.rss")],
    }  # fmt: skip
    for use, places in shown.items():
        assert len({*map(bool, places)}) == 1, (story.title, use, places)
    return {use for use, places in shown.items() if all(places)}


@pytest.mark.django_db
def test_all_combinations_of_uses_are_obeyed_by_every_outlet(client, media_root, subtests, monkeypatch):
    """Of one person, and of two who differ."""
    monkeypatch.setattr(feeds, "FEED_LENGTH", 100)
    cases = [*([uses] for uses in COMBINATIONS), *TWO_PEOPLE]
    stories = make_stories(cases)
    make_renditions(stories[0])
    lists = read_lists(client, stories)
    with caches_in_use():
        for case, story in zip(cases, stories, strict=True):
            with subtests.test([sorted(uses) for uses in case]):
                uses = set.intersection(*case)
                expected = uses - {"languages"} if "website" in uses else set()  # it is no translation
                assert find_uses(client, story, lists) == expected


@pytest.mark.django_db
def test_lists_obey_uses_that_change(client, media_root):
    person = make_agreeing_person()
    fields = {"title": "The road", "summary": "Her words.", "countries": ["KE"], "lead_image_alt": "A lamp"}
    story = make_story_about(person, lead_image=make_image(), **fields)
    make_renditions(story)
    change_settings(donate_url=DONATE)
    FeaturedStory.objects.create(home_page=home_page(), story=story)
    other = make_story("Another", countries=["KE"], body=[ASKING])
    for uses in [*SOME, USES]:
        agree(person, uses)
        home, asking, feed = (client.get(url).text for url in ("/", other.url, "/feed.rss"))
        shown = {"website": story.title in home, "social": "fill-1200x630" in home}
        shown |= {"fundraising": story.title in asking, "partners": story.summary in feed}
        assert {use for use in shown if shown[use]} == (uses & shown.keys() if "website" in uses else set())


@pytest.mark.django_db
def test_a_page_of_this_site_can_be_the_one_for_donations(client):
    story = make_story_about(make_agreeing_person({"where": ["website"]}), title="The road")
    giving = make_plain_page("Give", body=json_of(chosen(story)))
    text = {"type": "text", "value": f'<p><a linktype="page" id="{giving.pk}">Give</a></p>'}
    button = {"type": "action", "value": {"label": "Give", "page": giving.pk}}
    links = [make_plain_page(each["type"], body=json_of(each, chosen(story))) for each in (text, button)]
    for url, is_shown in ((DONATE, True), (absolute(giving.url), False)):
        change_settings(donate_url=url)
        assert [story.title in client.get(each.url).text for each in (giving, *links)] == [is_shown] * 3
    save_with(story, body=json_of(text))
    assert not parse(client.get(story.url)).select(f"main [href='{giving.url}']")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("donate", "link"), [("/gäbe", "/g%C3%A4be"), ("/g%C3%A4be", "/gäbe"), ("/give/?c=1", "/give?c=2")]
)
def test_addresses_for_donations_are_known_however_they_are_written(donate, link, client):
    change_settings(donate_url=f"https://example.org{donate}")
    story = make_story_about(make_agreeing_person({"where": ["website"]}), title="The road")
    asking = {"type": "text", "value": f'<p><a href="https://example.org{link}">Give</a></p>'}
    assert (
        story.title
        not in client.get(make_plain_page("Help us", body=json_of(asking, chosen(story))).url).text
    )


@pytest.mark.django_db
def test_pages_that_are_no_stories_are_used_as_their_people_agree(client):
    """A plain page, which can tell of somebody too."""
    change_settings(donate_url=DONATE)
    person, words, body = make_agreeing_person(), "Her words.", json_of(ASKING, BUTTON)
    page = make_plain_page("A", introduction=words, body=body, **about(person))
    for uses in SOME:
        agree(person, uses)
        if "website" in uses:
            tree = parse(client.get(page.url))
            shared = [any(words in tag["content"] for tag in tree.head("meta", content=True))]
            shared.append("max-snippet:0" not in str(tree.head))
            assert set(shared) == {"social" in uses}
            assert bool(tree.select_one("[data-print=title] > [data-print=only]")) == ("print" not in uses)
            assert bool(tree.select("main [href*='example.org/give']")) == ("fundraising" in uses)


@pytest.mark.django_db
def test_unknown_is_no():
    person = make_agreeing_person()
    story = make_story_about(person)
    record(person, **ALL_AGREED | {"where": Channel.values, "ends_on": days_from_today(-1)})
    decide(story, person, "other")
    assert StoryPage.objects.published().filter(pk=story.pk).exists(), "without a consent that runs"
    unsaved, ended, of_nobody = (
        StoryPage(title="Never saved"),
        StoryPage.objects.get(pk=story.pk),
        make_story(),
    )
    for outlet in OUTLETS:
        used = [may_be_used(page, outlet) for page in (unsaved, ended, of_nobody)]
        assert used == [False, False, True], outlet
    assert not may_be_used(make_story_about(make_agreeing_person(WITHDRAWN), live=False), "printed page")


# --- The table -----------------------------------------------------------------------------------

CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
COMMENT_OR_TEXT = re.compile(r"""\{#.*?#\}|"[^"]*"|'[^']*'""", re.DOTALL)
STORY = re.compile(
    r"\b(?:story|result|pictured)\.\w|\bstory_(?:cards|main)\b"
    r"|\bpage\.(?:summary|lead_image|seo_title|search_description|title|body|content_notes|authors)\b"
)
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


def exports_with_stories():
    for view in subclasses(SpreadsheetExportMixin):
        is_export = "title" in str(view.list_export) or "export_columns" in vars(view)
        if is_export and not view.__module__.startswith("wagtail."):
            yield f"{view.__module__}.{view.__name__}"


def test_every_outlet_is_in_the_table():
    found = {f"{each.__module__}.{each.__name__}" for each in subclasses(Feed) if "item_guid" in vars(each)}
    blocks = [block for block in StoryBody().child_blocks.values() if has_pages(block)]
    found |= {block.meta.template for block in blocks if block.name != "action"}
    found |= {*templates_with_stories(), *exports_with_stories()}
    assert {"stories/story_card.html", "home/structured_data.html", "stories.feeds.StoryFeed"} <= found
    assert {"editing.story_list.StoryListView", "stories/blocks/chosen_stories.html"} <= found
    assert found <= OUTLETS.keys(), "name the use that each of these needs"
    for name in OUTLETS:
        if "/" in name:
            get_template(name)  # no row is left of a template that is gone
