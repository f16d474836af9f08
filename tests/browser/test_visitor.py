"""A visitor goes from the home page to a search result, with and without JavaScript, and gets no cookie."""

import pytest
from playwright.sync_api import expect

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
