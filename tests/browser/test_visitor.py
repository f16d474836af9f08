"""The visitor's way through the site: with and without JavaScript, by keyboard, on a small screen."""

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import TOO_WIDE
from tests.support.site import make_site


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_visitor_walks_from_home_to_a_search_result(context_factory, live_server, javascript):
    make_site()
    context = context_factory(java_script_enabled=javascript)
    page = context.new_page()
    page.goto(live_server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Stories of people who got free")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Stories").click()
    expect(page.get_by_role("heading", name="4 stories")).to_be_visible()
    page.get_by_role("link", name="Kenya (2)").click()
    expect(page.get_by_role("heading", name="2 stories")).to_be_visible()
    expect(titles(page)).to_have_text(["Home from the sea", "Wages after three years"])
    page.get_by_role("list", name="Active filters").get_by_role("link", name="Kenya").click()
    expect(page.get_by_role("heading", name="4 stories")).to_be_visible()

    titles(page).filter(has_text="Wages after three years").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wages after three years")
    related = page.get_by_role("region", name="Related stories")
    expect(titles(related)).to_have_text(["Home from the sea", "Gold dust"])
    related.get_by_role("link", name="Home from the sea").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Home from the sea")
    page.get_by_role("list", name="Filed under").get_by_role("link", name="Thailand").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Stories: Thailand")
    expect(titles(page)).to_have_text(["Home from the sea"])

    page.get_by_label("Search the stories").fill("passport")
    page.get_by_label("Search the stories").press("Enter")
    expect(page.get_by_role("heading", name="1 result for “passport”")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Wages after three years").click()
    expect(page.get_by_role("main")).to_contain_text("They took her passport.")
    assert context.cookies() == []
    assert context.storage_state()["origins"] == []


def titles(place):
    """Return the titles of the stories in a list."""
    return place.get_by_role("article").get_by_role("heading", level=3)


def test_all_can_be_reached_with_the_keyboard(new_page, live_server):
    make_site()
    page = new_page()
    page.goto(live_server.url)
    reached = [next_focus(page) for _ in range(7)]
    name = "A charity with quite a long name"
    assert reached[0] == "Skip to the content"
    assert reached[1].startswith(name)
    assert reached[2:] == ["q", "Search", "Stories", "Get help", "Donate"]

    page.reload()
    assert next_focus(page) == "Skip to the content"
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert next_focus(page) == "Wages after three years"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"

    page.get_by_label("Search the stories").focus()
    page.keyboard.type("gold dust")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 result for “gold dust”")).to_be_visible()


def next_focus(page):
    """Press the tabulator; return the words, or the name, of what has the focus now."""
    page.keyboard.press("Tab")
    return page.evaluate("document.activeElement.innerText.trim() || document.activeElement.name")


def test_no_page_is_wider_than_a_small_screen(new_page, live_server, allow_errors):
    allow_errors.append("404 (Not Found)")
    site = make_site()
    page = new_page()
    problems = []
    for name, address in site.addresses.items():
        page.goto(live_server.url + address)
        for width in [320, 360]:
            page.set_viewport_size({"width": width, "height": 700})
            problems += [f"{name} at {width}: {problem}" for problem in page.evaluate(TOO_WIDE)]
    assert not problems, "\n".join(problems)
