"""A moderator hides a story, shows it again, deletes it and restores it from the trash, in a browser."""

import pytest
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only

TITLE = "The road home"


def press(tab, name):
    """Follow the link called `name` at the top of the page editor, which is visible at once."""
    tab.get_by_role("navigation", name="Actions", exact=True).get_by_role("link", name=name).click()


def test_hide_show_delete_and_restore(new_page, live_server, moderator, allow_errors):
    allow_errors.append("404")  # for the reader, while the story is not public
    story = builders.make_story(TITLE)
    reader = new_page()
    address = f"{live_server.url}{story.url}"
    tab = admin.open_tab(new_page)
    admin.open_editor(tab, live_server.url, moderator, story)

    press(tab, "Hide now")
    tab.get_by_role("button", name="Hide it now").click()
    expect(tab.get_by_role("status")).to_contain_text(f"Readers no longer see “{TITLE}”.")
    assert reader.goto(address).status == 404

    press(tab, "Show again")
    tab.get_by_role("button", name="Show it again").click()
    expect(tab.get_by_role("status")).to_contain_text("is no longer hidden")
    assert reader.goto(address).status == 200

    tab.get_by_role("button", name="Actions", exact=True).click()
    tab.get_by_role("link", name="Delete", exact=True).click()
    tab.get_by_role("button", name="Yes, delete it").click()
    expect(tab.get_by_role("status")).to_contain_text("in the trash for 30 days")
    assert reader.goto(address).status == 404
    expect(tab.get_by_role("main").get_by_role("link", name=TITLE)).to_have_count(0)

    tab.get_by_role("navigation", name="Main").get_by_role("link", name="Trash").click()
    tab.get_by_role("link", name=f"Restore: {TITLE}").click()
    tab.get_by_role("button", name="Restore it").click()
    expect(tab.get_by_role("status")).to_contain_text("is restored as a draft")
    expect(tab.get_by_role("main").get_by_role("link", name=TITLE, exact=True)).to_be_visible()
    assert reader.goto(address).status == 404
    assert not StoryPage.objects.get(pk=story.pk).live
