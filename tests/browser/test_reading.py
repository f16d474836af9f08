"""Reading in a browser: leaving quickly, large text, forced colours, and print."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from home.models import SiteSettings
from tests.support import builders
from tests.support.measures import BROKEN_WORDS, OBSCURED, TOO_WIDE
from tests.support.readings import make_reading
from tests.support.site import make_rich_story

pytestmark = pytest.mark.sqlite_only

LEAVE = "Leave quickly"  # the text of the button


@pytest.fixture
def leave_to_stories(live_server):
    """Let the button to leave lead to a page of this site, because tests reach no other."""
    settings = SiteSettings.for_site(builders.home_page().get_site())
    settings.leave_url = f"{live_server.url}/stories/"
    settings.save()


def leave_by_click(page):
    page.get_by_role("link", name=LEAVE).click()


def leave_by_shift(page):
    """Press the Shift key three times, which does the same as the button."""
    for _ in range(3):
        page.keyboard.press("Shift")


def test_leaving_quickly(new_page, live_server, leave_to_stories):
    """All of it in one test, because to make the database and the browser page takes longest."""
    story = live_server.url + builders.make_story("Wages", show_leave_quickly=True).url
    search, stories = f"{live_server.url}/search/", f"{live_server.url}/stories/"
    page = new_page()
    for leave in (leave_by_click, leave_by_shift):  # The story is replaced in the history.
        page.goto(search)
        page.goto(story)
        leave(page)
        expect(page).to_have_url(stories)
        page.go_back()
        expect(page).to_have_url(search)
        page.go_forward()
        expect(page).to_have_url(stories)
    typing_capitals_does_not_leave(page, story)
    page_is_blank_even_if_the_other_one_does_not_load(page, live_server.url, story)
    link_is_copied(page, story)
    page.add_init_script("delete Element.prototype.replaceChildren")  # as in an old browser
    for tab in (page, new_page(java_script_enabled=False)):
        tab.goto(story)
        if tab is not page:
            expect(tab.get_by_text("press the Shift key")).to_be_hidden()
            expect(tab.get_by_role("button", name="Copy the link")).to_be_hidden()
        leave_by_click(tab)
        expect(tab).to_have_url(stories)


def typing_capitals_does_not_leave(page, story):
    page.goto(story)
    box = page.locator("[name=q]")
    box.focus()
    for letter in "NGO":
        page.keyboard.press(f"Shift+{letter}")
    expect(box).to_have_value("NGO")
    expect(page).to_have_url(story)


def page_is_blank_even_if_the_other_one_does_not_load(page, site, story):
    page.goto(story)
    # "aborted" is the only reason that does not count as an error, which would fail the test.
    page.route("**/stories/", lambda route: route.abort("aborted"))
    with page.expect_event("requestfailed"):
        leave_by_click(page)
    expect(page.locator("body")).to_be_empty()
    expect(page).to_have_title(urlsplit(site).hostname)  # not the title of the story
    page.unroute_all()


def link_is_copied(page, story):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(story)
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/stories/wages/")


def test_story_with_all_blocks_with_large_text_and_on_paper(new_page, live_server, leave_to_stories):
    """One test, because to make the pictures of the story takes longest."""
    story = make_rich_story(builders.make_index(), show_leave_quickly=True)
    builders.make_plain_page("About", show_in_menus=True)
    page = new_page(viewport={"width": 320, "height": 640})
    page.goto(live_server.url + story.url)
    # Nothing moves for readers who prefer that, as `new_page` does.
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert page.evaluate("document.getAnimations().length") == 0
    stops = page.locator("a[href], button, input, summary, [tabindex='0']").count()
    problems = []
    for percent in (100, 200):
        page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
        # From the last element to the first, the browser scrolls each of them to the top, where the bar is.
        for _ in range(stops):
            page.keyboard.press("Shift+Tab")
            problems += page.evaluate(OBSCURED)
    assert not problems, "\n".join(problems)
    check_printed_story(page)
    check_printed_reading(page, live_server.url, story)
    for address in [story.url, "/stories/", "/"]:
        page.goto(live_server.url + address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate(TOO_WIDE) == [], address
    page.set_viewport_size({"width": 180, "height": 320})  # a phone that is zoomed to 200 percent
    for address in ("/search/?q=wages", "/search/?q=wages&country=kenya", "/"):
        page.goto(live_server.url + address)
        for part in page.locator(".brand__name, .sort, .card__title").all():
            assert part.evaluate(BROKEN_WORDS) == [], address
        assert page.evaluate(TOO_WIDE) == [], address
    page.set_viewport_size({"width": 1280, "height": 800})
    check_menu_in_forced_colours(page, live_server.url)


def check_printed_story(page):
    """The printed story has its sources and no controls."""
    page.emulate_media(media="print")
    for words in ["By Staff", "This story describes", "Picture: A. Painter", "You hear the sea"]:
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("article time").first).to_be_visible()
    expect(page.locator(".story-end__source")).to_contain_text("/stories/wages-after-three-years/")
    link = page.get_by_role("link", name="Labour office")
    assert "labour.example.org" in link.evaluate("a => getComputedStyle(a, '::after').content")
    for part in [".menu", ".search-form", ".leave", ".leave-limits", ".share", ".contents", ".versions"]:
        expect(page.locator(part).first).to_be_hidden()
    page.emulate_media(media="screen")


def check_printed_reading(page, site, story):
    """The person sees on paper all that they agree to, also what a printed story leaves out."""
    page.goto(site + make_reading("here", story=story).path)
    page.emulate_media(media="print")
    for part in [".action", ".media-link__poster img", ".chosen-stories .card", ".reading__alt"]:
        expect(page.locator(f".reading__text {part}").first).to_be_visible()
    page.emulate_media(media="screen")


def check_menu_in_forced_colours(page, site):
    """The item of the current page stands out."""
    page.emulate_media(forced_colors="active")
    page.goto(f"{site}/stories/")
    menu = page.get_by_role("navigation", name="Main")
    border = "element => getComputedStyle(element).borderBlockEndColor"
    current, other = (menu.get_by_role("link", name=name).evaluate(border) for name in ["Stories", "About"])
    assert current != other
