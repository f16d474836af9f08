"""A visitor goes through the site by keyboard, with and without JavaScript, and always sees the focus."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.measures import FOCUS
from tests.support.site import make_site

pytestmark = pytest.mark.sqlite_only
# How often go_to() presses Tab at most. No page has as many elements that take the focus.
MAX_STOPS = 60


def go_to(page, name):
    """Press Tab until the element called `name` has the focus, and check each stop on the way."""
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:  # after the last element, the focus leaves the page
            continue
        assert focus["name"], "an element without a name has the focus"
        assert focus["isVisible"], f"nothing shows that the focus is on {focus['name']}"
        assert focus["isOnScreen"], f"{focus['name']} has the focus out of sight"
        if focus["name"].startswith(name):
            return
    pytest.fail(f"Tab never reaches {name} at {page.url}")


def follow(page, name):
    """Go to the link or button called `name`, press Enter, and wait for the next page."""
    go_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def expect_title(page, title):
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_by_keyboard(new_page, live_server):
    """All of it uses one site, because to make its pictures takes long."""
    make_site()

    def open_home(**options):
        page = new_page(**options)
        page.goto(live_server.url)
        return page

    for width in (360, 1280):
        page = open_home(viewport={"width": width, "height": 800})
        go_from_home_to_a_suggestion(page, width)
        assert page.context.cookies() == []
        assert page.context.storage_state()["origins"] == []
    skip_links_lead_past_the_menu_and_the_filters(open_home(), live_server.url)
    page = open_home(java_script_enabled=False)
    search_without_javascript(page)
    text_only_version_loads_its_style_alone(page, live_server.url)


def go_from_home_to_a_suggestion(page, width):
    """The site of make_site() has four stories, of which two are about Kenya."""
    follow(page, "Stories")
    expect(page.get_by_role("heading", name="4 stories")).to_be_visible()
    if width == 360:
        go_to(page, "Filter")
        page.keyboard.press("Enter")
    follow(page, "Kenya (2)")
    expect(page.get_by_role("heading", name="2 stories")).to_be_visible()
    follow(page, "Wages after three years")
    expect_title(page, "Wages after three years")
    read_next = page.get_by_role("region", name="Read next").get_by_role("heading", level=3)
    expect(read_next).to_have_text(["Gold dust"])  # which an editor chose
    follow(page, "Gold dust")
    expect_title(page, "Gold dust")
    expect(read_next).to_have_text(["Home from the sea", "Wages after three years", "Bricks and debts"])
    follow(page, "Home from the sea")
    expect_title(page, "Home from the sea")
    follow(page, "Thailand")
    expect_title(page, "Thailand")

    if width == 360:
        follow(page, "Search")
        expect_title(page, "Search")
    go_to(page, "q")
    page.keyboard.type("wag")
    option = page.get_by_role("option", name="Wages after three years")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect_title(page, "Wages after three years")


def skip_links_lead_past_the_menu_and_the_filters(page, site):
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.get_by_role("main").evaluate("main => main.contains(document.activeElement)")
    page.goto(f"{site}/stories/")
    go_to(page, "Skip to the stories")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".card a").first).to_be_focused()


def search_without_javascript(page):
    page.locator("[name=q]").first.fill("wages")
    follow(page, "Search")
    expect(page.get_by_role("link", name="Wages after three years")).to_be_visible()


def text_only_version_loads_its_style_alone(page, site):
    page.goto(site)
    follow(page, "Wages after three years")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    follow(page, "Text only")
    expect_title(page, "Wages after three years")
    follow(page, "Kenya")
    expect_title(page, "Kenya")
    # Browsers request the icon at any time.
    assert all(re.search("text=1|favicon|text.css", address) for address in requests), requests
    follow(page, "Full version")
    expect(page.get_by_role("banner").get_by_role("link", name="Text only")).to_be_visible()
