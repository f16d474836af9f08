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
from stories.blocks import StoryBody
from stories.models import StoryPage
from stories.renditions import make_renditions
from tests.support.builders import home_page, make_plain_page, make_story, parse, save_with
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
from tests.support.unmet_conditions import WITHDRAWN, about, pictured

DONATE = "https://www.example.org/give/"
ASKING = {"type": "text", "value": '<p>Please <a href="http://example.org/give?from=here">give</a>.</p>'}
BUTTON = {"type": "action", "value": {"label": "Give now", "url": f"{DONATE}#now"}}
COMBINATIONS = [
    {use for use, is_agreed in zip(Channel.values, each, strict=True) if is_agreed}
    for each in product([False, True], repeat=len(Channel))
]
SOME = [{*Channel.values} - {use} for use in Channel.values]


def chosen(*stories):
    return {"type": "chosen_stories", "value": {"heading": "More", "stories": [each.pk for each in stories]}}


class World:
    """A story with everything about `people`, and pages that show it, one of which asks for money."""

    def __init__(self, *people):
        fields = about(people[0], **pictured(*people)) | {"story_people": ()}
        change_settings(donate_url=DONATE)
        self.people = people
        self.story = make_story_about(
            *people, title="The road", summary="Her summary.", body=[ASKING, BUTTON], countries=["KE"],
            **{name: fields[name] for name in ("lead_image", "lead_image_alt")},
        )  # fmt: skip
        make_renditions(self.story)
        self.asking = make_plain_page("Help us", body=json_of(ASKING, chosen(self.story)))
        self.quiet = make_plain_page("About", body=json_of(chosen(self.story)))
        self.other = make_story("Another", countries=["KE"], body=[ASKING])
        FeaturedStory.objects.create(home_page=home_page(), story=self.story)

    def agree(self, *uses):
        """Record that each of the people agrees to the next one of `uses`."""
        for person, agreed in zip(self.people, uses, strict=True):
            record(person, **ALL_AGREED | {"where": sorted(agreed)})

    def shown(self, client):
        """Return the set of the uses with which something of the story is shown anywhere."""
        response = client.get(self.story.url)
        if response.status_code == 404:
            assert self.story.title not in "".join(client.get(each).text for each in self.addresses)
            return set()
        page, found = parse(response), {"website"}
        found |= find_shared(page, client)
        found |= set() if page.select_one("[data-print=title] > [data-print=only]") else {"print"}
        read = parse(client.get(f"{self.story.url}?text=1"))
        assert bool(read.select_one("[data-print=title]")) == ("print" not in found), "text only"
        gives = [page.find("a", string="Give now"), page.find("a", href=re.compile("example.org/give"))]
        assert page.find(string=re.compile("Please")), "only the link is left out"
        shown = [self.story.title in client.get(each.url).text for each in (self.asking, self.other)]
        assert len({*map(bool, gives), *shown}) == 1, "all or nothing"
        found |= {"fundraising"} if all(shown) else set()
        feeds = [
            client.get(f"/{path}feed.{kind}").text for path in ("", "stories/") for kind in ("atom", "rss")
        ]
        assert len({self.story.summary in each for each in feeds}) == 1
        found |= {"partners"} if self.story.summary in feeds[0] else set()
        assert all(self.story.title in client.get(each).text for each in ("/", self.quiet.url)), "of the site"
        return found

    @property
    def addresses(self):
        return ["/", "/stories/", "/feed.atom", "/sitemap.xml", self.asking.url, self.quiet.url]


def find_shared(page, client):
    """Return {"social"} or an empty set. `page`: the parsed page of the story. Another result is an error."""
    head = page.head.extract()
    words = [tag["content"] for tag in head("meta", content=True)] + [head.select_one("script[type]").string]
    pictures = [client.get("/sitemap.xml").text.count("<image:loc>"), "fill-1200x630" in client.get("/").text]
    shown = [
        any("Her summary" in each for each in words),
        any("fill-1200x630" in each for each in words),
        '"Article"' in words[-1],
        "max-snippet:0, max-image-preview:none" not in str(head),
        bool(page.select(".share, a[href*='wa.me'], [data-copy]")),
        *pictures,
    ]
    assert len({*map(bool, shown)}) == 1, shown
    return {"social"} if all(shown) else set()


def json_of(*blocks):
    return StoryPage.body.field.stream_block.to_python(list(blocks))


@pytest.mark.django_db
def test_all_combinations_of_uses_are_obeyed_by_every_outlet(client, media_root, subtests):
    world = World(make_agreeing_person())
    for uses in COMBINATIONS:
        with subtests.test(sorted(uses)):
            world.agree(uses)
            expected = uses - {"languages"} if "website" in uses else set()  # it is no translation
            assert world.shown(client) == expected


@pytest.mark.django_db
def test_a_story_of_two_people_is_used_as_both_agree(client, media_root, subtests):
    world, everything = World(make_agreeing_person(), make_agreeing_person()), {*Channel.values}
    for first, second in [*product(SOME, [everything]), *product([everything], SOME), *pairwise(SOME)]:
        with subtests.test(f"{sorted(first)} {sorted(second)}"), caches_in_use():
            world.agree(first, second)
            both = first & second
            assert world.shown(client) == (both - {"languages"} if "website" in both else set())
    assert (
        StoryPage.objects.published().for_outlet("stories.feeds.StoryFeed").filter(title="Another").exists()
    )


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
    page = make_plain_page("Help us", body=json_of(asking, chosen(story)))
    assert story.title not in client.get(page.url).text


@pytest.mark.django_db
def test_pages_that_are_no_stories_are_used_as_their_people_agree(client):
    """A plain page, which can tell of somebody too."""
    change_settings(donate_url=DONATE)
    person, words, body = make_agreeing_person(), "Her words.", json_of(ASKING, BUTTON)
    page = make_plain_page("A", introduction=words, body=body, **about(person))
    for uses in SOME:
        record(person, **ALL_AGREED | {"where": sorted(uses)})
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
    for outlet, use in OUTLETS.items():
        assert not may_be_used(StoryPage.objects.get(pk=story.pk), outlet), use
        assert may_be_used(make_story("Of nobody"), outlet), use
        assert not may_be_used(StoryPage(title="Never saved"), outlet), use
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
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def templates_with_stories():
    """Yield the names of the templates of public pages whose code reads something of a story."""
    for room in ROOMS:
        folder = Path(__file__).parents[2] / room / "templates"
        for path in folder.rglob("*.*"):
            code = " ".join(CODE.findall(COMMENT_OR_TEXT.sub("", path.read_text())))
            if STORY.search(code) and "admin" not in path.parts:
                yield str(path.relative_to(folder))


def blocks_with_stories():
    for block in StoryBody().child_blocks.values():
        if any(isinstance(each, PageChooserBlock) for each in parts_of(block)) and block.name != "action":
            yield block.meta.template


def parts_of(block):
    yield block
    children = [*getattr(block, "child_blocks", {}).values(), getattr(block, "child_block", None)]
    for child in filter(None, children):
        yield from parts_of(child)


def exports_with_stories():
    for view in {*subclasses(SpreadsheetExportMixin)}:
        is_export = "title" in str(view.list_export) or "export_columns" in vars(view)
        if is_export and not view.__module__.startswith("wagtail."):
            yield f"{view.__module__}.{view.__name__}"


def test_every_outlet_is_in_the_table():
    feeds = {f"{each.__module__}.{each.__name__}" for each in subclasses(Feed) if "item_guid" in vars(each)}
    found = {*templates_with_stories(), *blocks_with_stories(), *exports_with_stories(), *feeds}
    assert {"stories/story_card.html", "home/structured_data.html", "stories.feeds.StoryFeed"} <= found
    assert {"editing.story_list.StoryListView", "stories/blocks/chosen_stories.html"} <= found
    assert found <= OUTLETS.keys(), "name the use that each of these needs"
    for name in OUTLETS:
        if "/" in name:
            get_template(name)  # no row is left of a template that is gone
