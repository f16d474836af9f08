"""A moderator hides a story, and deletes it, from the top of the page editor, in a browser.

The tests in tests/editing/ show the story again and restore it, with the same template.
"""

import pytest
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only

TITLE = "The road home"


def test_hide_and_delete(new_page, live_server, moderator, allow_errors):
    allow_errors.append("404")  # for the reader, once the story is hidden
    story = builders.make_story(TITLE)
    tab, reader = admin.open_tab(new_page), new_page()
    admin.open_editor(tab, live_server.url, moderator, story)

    # These links are visible at once.
    links = tab.get_by_role("navigation", name="Actions", exact=True)
    links.get_by_role("link", name="Hide now").click()
    tab.get_by_role("button", name="Hide it now").click()
    expect(tab.get_by_role("status")).to_contain_text(f"Readers no longer see “{TITLE}”.")
    assert reader.goto(live_server.url + story.url).status == 404
    expect(links.get_by_role("link", name="Show again")).to_be_visible()

    tab.get_by_role("button", name="Actions", exact=True).click()
    tab.get_by_role("link", name="Delete", exact=True).click()
    tab.get_by_role("button", name="Yes, delete it").click()
    expect(tab.get_by_role("status")).to_contain_text("in the trash for 30 days")
    expect(tab.get_by_role("main").get_by_role("link", name=TITLE)).to_have_count(0)
    assert StoryPage.objects.filter(pk=story.pk).exists()
