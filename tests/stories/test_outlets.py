"""Outlets, where the site itself carries a story, show it only as everybody in it agreed."""

import re
from itertools import combinations, pairwise, product
from pathlib import Path

import pytest
from django.contrib.syndication.views import Feed
from django.template.loader import get_template
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.blocks import PageChooserBlock

from home.models import FeaturedStory
from publishing.addresses import absolute
from publishing.pages import page_types
from safeguarding.outlets import OUTLETS, may_be_used
from safeguarding.scopes import Channel, Naming
from safeguarding.uses import Use
from site_project import urls  # noqa: F401 - with it, all views are imported
from stories import feeds, renditions
from stories.blocks import StoryBody
from stories.models import StoryPage, StoryPerson
from tests.support import builders, committed, copies, page_heads, people, translations
from tests.support.builders import make_page_of, make_plain_page, make_story, parse, save_with
from tests.support.people import make_agreeing_person, make_person, make_story_about
from tests.support.unmet_conditions import WITHDRAWN, about

DONATE = "https://www.example.org/give/"
ASKING = {"type": "text", "value": '<p>Please <a href="http://example.org/give?from=here">give</a>.</p>'}
BUTTON = {"type": "action", "value": {"label": "Give now", "url": f"{DONATE}#now"}}
USES = {*Channel.values}
COMBINATIONS = [{*uses} for number in range(len(USES) + 1) for uses in combinations(Channel.values, number)]
SOME = [USES - {use} for use in Channel.values]
# What each of the people in a story agrees to: one person, and two who differ.
CASES = [*product(COMBINATIONS), *product(SOME, [USES]), *product([USES], SOME), *pairwise(SOME)]
NO_SNIPPETS, NOT_PRINTED = "max-snippet:0, max-image-preview:none", "[data-print=only] ~ main[data-print=no]"
GIVE = "main [href*='example.org/give']"


def agree(person, uses):
    people.record(person, **people.ALL_AGREED | {"where": [*uses]})


def make_story_with_everything(person, **fields):
    lamp = {"lead_image": builders.make_image(), "lead_image_alt": "A lamp"}
    story = make_story_about(person, title="Road", body=[ASKING, BUTTON], **lamp | fields)
    renditions.make_renditions(story)
    page_heads.change_settings(donate_url=DONATE)
    FeaturedStory.objects.create(home_page=builders.home_page(), story=story)
    return story


def chosen(*stories):
    return {"type": "chosen_stories", "value": {"heading": "More", "stories": [each.pk for each in stories]}}


def make_stories():
    """Return a story with everything for each of CASES, with numbered titles and summaries."""
    story, name = make_story_with_everything(make_agreeing_person()), "CAST(100 + number AS text)"
    page = dict.fromkeys(("title", "draft_title"), f"'Road ' || {name}") | {"slug": f"'road-' || {name}"}
    page["path"] = f"substr(path, 1, length(path) - 4) || {name} || '0'"
    page["url_path"] = f"substr(url_path, 1, length(url_path) - 1) || '-' || {name} || '/'"
    stories = copies.copy_story(story, len(CASES), page, summary=f"'Words ' || {name}")
    agreeing = {frozenset(uses): make_person() for uses in COMBINATIONS}
    cases = zip(stories, CASES, strict=True)
    rows = [{"page": each, "contributor": agreeing[frozenset(uses)]} for each, case in cases for uses in case]
    for kind in (StoryPerson, Use):
        kind.objects.bulk_create(kind(naming=Naming.CHANGED, **row) for row in rows)
    for uses, person in agreeing.items():
        agree(person, uses)
    return stories


def read_lists(client, stories):
    """Return {name: text} of what shows several of `stories`: pages, feeds and the sitemap."""
    blocks = {"quiet": [chosen(*stories)], "asking": [ASKING, chosen(*stories)]}
    lists = {name: make_plain_page(name, body=body).url for name, body in blocks.items()}
    for each in ("", "feed.atom", "stories/feed.rss", "sitemap.xml", "stories/", "search/?q=road"):
        lists[each] = f"/{each}"
    return {name: client.get(url).text for name, url in lists.items()}


def find_uses(client, story, lists):
    """Return the uses with which something of `story` is shown. All that shows it for a use is checked."""
    response = client.get(story.url)
    in_sitemap = next((each for each in lists["sitemap.xml"].split("<url>") if story.url in each), "")
    if response.status_code == 404:
        assert not in_sitemap and not [each for each in lists if story.title in lists[each]]
        return set()
    page, read = parse(response), parse(client.get(f"{story.url}?text=1"))
    head = page.head.extract()
    words = " ".join(tag["content"] for tag in head("meta", content=True))
    data = head.select_one("script[type='application/ld+json']").string
    shown = {
        "website": [page.find(string=re.compile("Please")), story.title in lists["quiet"], in_sitemap],
        "social": [
            *(story.summary in words, "fill-1200x630" in words, NO_SNIPPETS not in words),
            *(story.summary in data, '"Article"' in data, "<image:loc>" in in_sitemap),
            page.select(".share, [href*='wa.me'], [data-copy]"),
        ],
        "print": [not page.select(NOT_PRINTED), not read.select(NOT_PRINTED)],
        "fundraising": [page.find("a", string="Give now"), page.select(GIVE), story.title in lists["asking"]],
        "partners": [story.summary in lists[feed] for feed in ("feed.atom", "stories/feed.rss")],
    }
    assert not [use for use, places in shown.items() if len({*map(bool, places)}) > 1], shown
    return {use for use, places in shown.items() if all(places)}


@pytest.mark.django_db
def test_all_combinations_of_uses_are_obeyed_by_every_outlet(client, media_root, subtests, monkeypatch):
    monkeypatch.setattr(feeds, "FEED_LENGTH", len(CASES) + 1)
    stories = make_stories()
    with committed.caches_in_use():
        lists = read_lists(client, stories)
        for case, story in zip(CASES, stories, strict=True):
            with subtests.test([sorted(uses) for uses in case]):
                uses = set.intersection(*case)
                expected = uses - {"languages"} if "website" in uses else set()  # it is no translation
                assert find_uses(client, story, lists) == expected


@pytest.mark.django_db
def test_the_picture_of_the_home_page_and_what_to_read_next_obey_uses_that_change(client, media_root):
    person = make_agreeing_person()
    story = make_story_with_everything(person, countries=["KE"])
    other = make_story("Another", countries=["KE"], body=[ASKING])
    for uses in [*SOME, USES]:
        agree(person, uses)
        is_shown = "fill-1200x630" in client.get("/").text, story.title in client.get(other.url).text
        assert is_shown == tuple({"website", use} <= uses for use in ("social", "fundraising"))


@pytest.mark.django_db
def test_the_end_of_a_story_asks_for_support_if_everybody_on_the_page_agrees(client):
    page_heads.change_settings(donate_url=DONATE)
    home, line = builders.home_page(), ".story-end__support a[href*='example.org/give']"
    agrees, refuses = make_agreeing_person(), make_agreeing_person({"where": ["website"]})
    quiet, telling = make_story_about(refuses), make_story_about(agrees)
    choosing = make_story_about(agrees, body=[chosen(quiet)])

    def asking():
        return [bool(parse(client.get(each.url)).select(line)) for each in (quiet, telling, choosing)]

    builders.save_with(quiet, live=False)
    assert asking()[1:] == [False, False], "no words for the link"
    builders.save_with(home, donate_text="Give")
    assert asking()[1:] == [True, True]
    builders.save_with(quiet, live=True)
    assert asking() == [False, False, False], "it is beside one who refuses"
    page_heads.change_settings(donate_url="")
    agree(refuses, USES)
    assert asking() == [False] * 3
    page_heads.change_settings(donate_url=DONATE)
    assert asking() == [True] * 3


@pytest.mark.django_db
def test_a_search_leads_to_donations_unless_it_shows_one_who_refuses_or_is_by_somebody_in_danger(client):
    page_heads.change_settings(donate_url=DONATE)
    builders.save_with(builders.home_page(), donate_text="Give")
    searches = ["donate", "donate quarry", "i want to die donate"]

    def asking():
        return [bool(parse(client.get(f"/search/?q={words}")).select(GIVE)) for words in searches]

    assert asking() == [True, True, False]
    make_story_about(make_agreeing_person({"where": ["website"]}), title="Quarry")
    assert asking() == [False, False, False]


@pytest.mark.django_db
def test_a_page_of_this_site_can_be_the_one_for_donations(client):
    only_here = make_agreeing_person({"where": ["website", "languages"]})
    story = make_story_about(only_here, title="The road")
    giving = make_plain_page("Give", body=[chosen(story)])
    text = {"type": "text", "value": f'<p><a linktype="page" id="{giving.pk}">Give</a></p>'}
    button = {"type": "action", "value": {"label": "Give", "page": giving.pk}}
    links = [make_plain_page(each["type"], body=[each, chosen(story)]) for each in (text, button)]
    for url, is_shown in ((DONATE, True), (absolute(giving.url), False)):
        page_heads.change_settings(donate_url=url)
        assert [story.title in client.get(each.url).text for each in (giving, *links)] == [is_shown] * 3
    telling = make_story_about(only_here, body=[text])
    assert not parse(client.get(telling.url)).select(f"main [href='{giving.url}']")
    # Its translation asks for money too.
    french = translations.make_translation(giving, translations.make_home("fr", "Site"), body=[chosen(story)])
    assert (response := client.get(french.url)).status_code == 200
    assert story.title not in response.text
    # However its address is written:
    links = (("/gäbe", "/g%C3%A4be"), ("/g%C3%A4be", "/gäbe"), ("/give/?c=1", "/give?c=2"))
    for donate, link in (*links, ("/give/#form", "/give/")):
        page_heads.change_settings(donate_url=f"https://example.org{donate}")
        asking = {"type": "text", "value": f'<p><a href="https://example.org{link}">Give</a></p>'}
        page = make_plain_page("Help us", body=[asking, chosen(story)])
        assert story.title not in client.get(page.url).text, donate


@pytest.mark.django_db
@pytest.mark.parametrize("model", page_types())
def test_pages_of_every_type_are_used_as_their_people_agree(model, client):
    page_heads.change_settings(donate_url=DONATE)
    person, has_body = make_agreeing_person(), hasattr(model, "body")
    body = {"body": [ASKING, BUTTON]} if has_body else {}
    page = save_with(make_page_of(model), search_description="Her words.", **body, **about(person))
    for uses in filter({"website"}.issubset, SOME):
        agree(person, uses)
        tree = parse(client.get(page.url))
        words = " ".join(tag["content"] for tag in tree.head("meta", content=True))
        assert ("Her words." in words, NO_SNIPPETS in words) == ("social" in uses, "social" not in uses)
        assert bool(tree.select(NOT_PRINTED)) == ("print" not in uses)
        for line in tree.select("[data-print=only]"):
            assert all(each in line.text for each in (page.title, absolute(page.url), "to be printed"))
        assert bool(tree.select(GIVE)) == (has_body and "fundraising" in uses), "{% page_body page %}"


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
    for each in subclasses(SpreadsheetExportMixin):
        has_titles = "title" in str(each.list_export) or "export_columns" in vars(each)
        views |= {each} if has_titles and not each.__module__.startswith("wagtail.") else set()
    blocks = StoryBody().child_blocks.values()
    found = {each.meta.template for each in blocks if has_pages(each) and each.name != "action"}
    found |= {*templates_with_stories(), *(f"{view.__module__}.{view.__name__}" for view in views)}
    assert {"stories/story_card.html", "home/structured_data.html", "stories.feeds.StoryFeed"} <= found
    assert {"editing.desk.story_list.StoryListView", "stories/blocks/chosen_stories.html"} <= found
    assert found - {each.template for each in page_types()} <= OUTLETS.keys(), "name the use of each"
    for name in filter(re.compile("/").search, OUTLETS):
        get_template(name)  # no row is left of a template that is gone


@pytest.mark.django_db
def test_what_a_home_page_says_of_somebody_is_in_no_head_and_no_feed(client, media_root):
    """Pages and feeds without words of their own have those of the home page, and its first picture."""
    website, shared = make_agreeing_person({"where": ["website"]}), make_agreeing_person()
    story = make_story_with_everything(shared)
    agree(shared, {"website", "social"})
    home = builders.save_with(builders.home_page(), search_description="Her words.", **about(website))
    others = make_story_about(website).url, "/feed.atom", "/"
    assert [address for address in others if "Her words." in client.get(address).text] == []
    assert "fill-1200x630" in client.get(story.url).text
    page_heads.change_settings(donate_url=DONATE)
    builders.save_with(home, people="none", story_people=[], introduction=ASKING["value"])
    assert "fill-1200x630" not in client.get("/").text, "a picture of hers beside donations"


@pytest.mark.django_db
def test_a_story_about_somebody_whom_nobody_could_ask_is_for_this_website_alone():
    story = builders.save_with(make_story(), people="unknown", reason="From a report of the police.")
    story = StoryPage.objects.get(pk=story.pk)
    assert all(may_be_used(story, each) == (OUTLETS[each] == "website") for each in OUTLETS)
