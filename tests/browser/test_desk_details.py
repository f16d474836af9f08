"""Details of the admin in a browser: the logo, and titles in lists on a phone."""

import pytest

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import expect_to_fit
from tests.support.measures import BROKEN_WORDS

pytestmark = pytest.mark.sqlite_only

# Returns how much wider the content of an element is than the element.
HIDDEN_WIDTH = "(element) => element.scrollWidth - element.clientWidth"


def test_logo_is_in_the_middle_of_the_login_form(new_page, live_server):
    page = new_page()
    page.goto(f"{live_server.url}/admin/login/")
    logo, form = (page.locator(part).bounding_box() for part in ("main img", "main"))
    assert logo["x"] - form["x"] == form["x"] + form["width"] - logo["x"] - logo["width"]


def test_titles_break_between_words_on_a_phone(new_page, live_server, moderator):
    index = builders.make_index()
    builders.make_story("Extraordinary establishment responsibilities")
    tab = admin.open_tab(new_page, 390, 844)
    admin.give_session(tab, live_server.url, moderator)
    for address in (f"pages/{index.pk}/", "pages/search/?q=extraordinary", "desk/incomplete/"):
        tab.goto(f"{live_server.url}/admin/{address}")
        title = tab.get_by_role("cell", name="Extraordinary").first
        assert title.evaluate(BROKEN_WORDS) == [], address
        assert tab.locator(".w-breadcrumbs").evaluate(HIDDEN_WIDTH) == 0, f"{address}: the page's own title"
        expect_to_fit(tab)
