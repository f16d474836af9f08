"""The desk and the list of all stories in the browser: links, filters by the keyboard, and on a phone."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import expect_to_fit, run_axe

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def tab(new_page, live_server, moderator):
    """A browser page in which a moderator is signed in."""
    page = admin.open_tab(new_page)
    admin.give_session(page, live_server.url, moderator)
    return page


def look_at_a_phone(tab, with_axe=True):
    """Check the page in a narrow window, and leave a wide one."""
    wide = tab.viewport_size
    tab.set_viewport_size({"width": 390, "height": 800})
    expect(tab.get_by_role("link", name="Lacking").first).to_be_visible()
    expect_to_fit(tab)
    assert not with_axe or run_axe(tab) == []
    tab.set_viewport_size(wide)


def test_moderator_goes_from_the_desk_to_what_needs_them(tab, live_server):
    filed = {"countries": ["KE"], "themes": ["Debt"], "authors": ["Staff"]}
    body = [{"type": "text", "value": "<p>The brick kiln by the river.</p>"}]
    builders.make_story("Complete", body=body, **filed)
    for number in range(6):  # one more than the desk shows
        builders.make_story(f"Lacking {number}")
    gone = builders.make_story("Gone", **filed)
    link = [{"type": "action", "value": {"label": "Go", "page": gone.pk}}]
    builders.make_plain_page("With a dead link", body=json.dumps(link))
    gone.delete()
    tab.goto(f"{live_server.url}/admin/")
    expect(tab.get_by_role("heading", name="Links to pages that are gone or not public (1)")).to_be_visible()
    assert run_axe(tab) == []
    look_at_a_phone(tab)

    tab.get_by_role("link", name="All: Live stories that lack something").click()
    tab.wait_for_url("**/admin/desk/incomplete/")
    expect(tab.get_by_role("link", name="Lacking")).to_have_count(6)
    expect(tab.get_by_role("link", name="Complete")).to_have_count(0)
    look_at_a_phone(tab, with_axe=False)  # it has the parts of the next list

    # The list of all stories: filtered by the keyboard, kept in the address.
    tab.get_by_role("link", name="All stories").click()
    tab.wait_for_url("**/admin/stories/")
    expect(tab.get_by_role("link", name="Lacking")).to_have_count(6)
    look_at_a_phone(tab)
    tab.get_by_role("button", name="Show filters").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Theme").press("Enter")
    tab.get_by_role("checkbox", name="Debt").press(" ")
    expect(tab.get_by_role("link", name="Lacking")).to_have_count(0)
    expect(tab).to_have_url(re.compile("theme="))
    tab.reload()
    expect(tab.get_by_role("link", name="Complete")).to_be_visible()
    assert run_axe(tab) == []
    tab.get_by_label("Search term").fill("kiln")
    expect(tab).to_have_url(re.compile(r"/admin/stories/\?(.*&)?q=kiln"))
    expect(tab.get_by_role("link", name="Complete")).to_be_visible()
