"""Each block in a page for readers, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from stories.blocks import StoryBody
from tests.support import builders
from tests.support.site import make_rich_story

pytestmark = pytest.mark.sqlite_only

BLOCKS = StoryBody().child_blocks


def block(page, kind):
    """Return the blocks of a kind in the body of the page."""
    return page.locator(f".block--{kind}")


def expect_loaded(picture):
    """Scroll to the picture, which is loaded lazily, and wait until it is loaded."""
    picture.scroll_into_view_if_needed()
    expect(picture).not_to_have_js_property("naturalWidth", 0)


def test_readers_see_and_use_each_block(new_page, live_server):
    """All blocks are on one page. The tests in tests/stories/test_blocks.py test the HTML of each."""
    story = make_rich_story(builders.make_index())
    page = new_page(viewport={"width": 1280, "height": 900})
    page.goto(live_server.url + story.url)
    expect_each_block(page)
    follow_links_and_open_what_is_closed(page)


def expect_each_block(story_page):
    for kind in BLOCKS:
        expect(block(story_page, kind).first).to_be_visible()
    expect_loaded(story_page.get_by_role("img", name="A road between fields"))
    # The roles and names that screen readers announce.
    expect(story_page.get_by_role("complementary", name="What is debt bondage?")).to_be_visible()
    expect(story_page.get_by_role("group", name="Need help now?")).to_be_visible()
    table = story_page.get_by_role("table", name="Who helps with what")
    expect(table.get_by_role("columnheader")).to_have_text(["Question", "Ask"])
    expect(table.get_by_role("rowheader").first).to_have_text("Wages not paid")


def follow_links_and_open_what_is_closed(story_page):
    court = story_page.get_by_role("heading", name="The court")
    expect(court).not_to_be_in_viewport()
    contents = story_page.get_by_role("navigation", name="Contents")
    contents.get_by_role("link", name="The court").click()
    expect(court).to_be_in_viewport()
    expect(story_page).to_have_url(re.compile("#section-00000004$"))  # from the ID of the heading's block

    film = story_page.get_by_role("group", name="The road home")
    expect_loaded(film.get_by_role("img", name="A road from above"))
    link = film.get_by_role("link", name="Watch: The road home")
    expect(link).to_have_attribute("href", "https://www.film.example.org/42")
    expect(film).to_contain_text("6 minutes · opens film.example.org")
    expect(film.get_by_text("You hear the sea and a bus.")).to_be_hidden()
    film.get_by_text("Transcript").click()
    expect(film.get_by_text("You hear the sea and a bus.")).to_be_visible()

    document = block(story_page, "document")
    expect(document).to_contain_text("(TXT, 31 bytes)")
    with story_page.expect_download() as download:
        document.get_by_role("link", name="Questions before you go").click()
    assert download.value.path().read_bytes() == b"Questions to ask before you go."
    # The file came as "Real Name.txt", which can name a person.
    assert download.value.suggested_filename.endswith(".txt")
    assert "real" not in download.value.suggested_filename.lower()

    gallery = block(story_page, "pictures").nth(1)
    expect(gallery.get_by_role("img")).to_have_count(2)
    expect(gallery).to_contain_text("The picture shows someone else.")
    expect_loaded(gallery.get_by_role("img", name="A woman at a desk"))
    with story_page.expect_navigation() as opened:
        gallery.get_by_role("link", name="The same road at night (larger picture)").click()
    assert opened.value.headers["content-type"] == "image/webp"
    expect(story_page.locator("img")).to_have_js_property("naturalWidth", 480)  # that of the uploaded picture

    story_page.go_back()
    chosen = story_page.get_by_role("region", name="Read next")
    chosen.get_by_role("link", name="Gold dust").click()
    expect(story_page.get_by_role("heading", level=1)).to_have_text("Gold dust")
