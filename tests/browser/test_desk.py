"""The desk and the list of all stories in the browser: links, filters by the keyboard, and on a phone."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import expect_to_fit, run_axe

pytestmark = pytest.mark.one_database


@pytest.fixture
def desk(new_page, live_server, moderator):
    """A browser page with the first page of the admin, where the desk is, for a moderator."""
    page = admin.open_desk(new_page)
    admin.give_session(page, live_server.url, moderator)
    page.goto(f"{live_server.url}/admin/")
    return page


def test_moderator_goes_from_the_desk_to_what_needs_them(desk, live_server):
    filed = {"countries": ["KE"], "themes": ["Debt"], "authors": ["Staff"]}
    body = [{"type": "text", "value": "<p>The brick kiln by the river.</p>"}]
    builders.make_story("Complete", body=body, **filed)
    for number in range(6):  # one more than the desk shows
        builders.make_story(f"Lacking {number}")
    gone = builders.make_story("Gone", **filed)
    link = [{"type": "action", "value": {"label": "Go", "page": gone.pk}}]
    builders.make_plain_page("With a dead link", body=json.dumps(link))
    gone.delete()
    desk.reload()
    expect(desk.get_by_role("heading", name="Links to pages that are gone or not public (1)")).to_be_visible()
    assert run_axe(desk) == []

    desk.get_by_role("link", name="All: Live stories that lack something").click()
    desk.wait_for_url("**/admin/desk/incomplete/")
    expect(desk.get_by_role("link", name="Lacking")).to_have_count(6)
    expect(desk.get_by_role("link", name="Complete")).to_have_count(0)
    assert run_axe(desk) == []

    # The list of all stories: filtered by the keyboard, kept in the address.
    desk.get_by_role("link", name="All stories").click()
    desk.wait_for_url("**/admin/stories/")
    expect(desk.get_by_role("link", name="Lacking")).to_have_count(6)
    desk.get_by_role("button", name="Show filters").focus()
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="Theme").press("Enter")
    desk.get_by_role("checkbox", name="Debt").press(" ")
    expect(desk.get_by_role("link", name="Lacking")).to_have_count(0)
    expect(desk).to_have_url(re.compile("theme="))
    desk.reload()
    expect(desk.get_by_role("link", name="Complete")).to_be_visible()
    desk.keyboard.press("Escape")
    assert run_axe(desk) == []
    desk.get_by_label("Search term").fill("kiln")
    expect(desk).to_have_url(re.compile(r"/admin/stories/\?(.*&)?q=kiln"))
    expect(desk.get_by_role("link", name="Complete")).to_be_visible()

    desk.set_viewport_size({"width": 390, "height": 800})
    for address in ("", "stories/", "desk/incomplete/"):
        desk.goto(f"{live_server.url}/admin/{address}")
        expect(desk.get_by_role("link", name="Lacking").first).to_be_visible()
        assert run_axe(desk) == [], address
        expect_to_fit(desk)
