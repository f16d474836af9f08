"""The editors' guide in the browser: reached from the menu, accessible, and no wider than a phone."""

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import expect_to_fit, run_axe

pytestmark = pytest.mark.sqlite_only


def test_editor_opens_the_guide(new_page, live_server):
    tab = admin.open_tab(new_page)
    admin.give_session(tab, live_server.url, builders.make_user("Editors"))
    tab.goto(f"{live_server.url}/admin/")
    tab.get_by_role("button", name="Help").click()
    tab.get_by_role("link", name="Editors' guide").click()
    expect(tab.get_by_role("heading", level=1, name="Editors' guide")).to_be_visible()

    tab.set_viewport_size({"width": 390, "height": 800})
    tab.get_by_role("navigation", name="Contents").get_by_role("link", name="Moderating").click()
    expect(tab.get_by_role("heading", name="Moderating")).to_be_in_viewport()
    assert run_axe(tab) == []
    expect_to_fit(tab)
    assert tab.locator(".guide").evaluate("guide => guide.scrollWidth <= guide.clientWidth")
