"""Pages of the admin fit a phone and have no fault that axe finds; lists are filtered and acted on."""

import pytest
from playwright.sync_api import expect

from stories.models import StoryPage
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import expect_to_fit, run_axe
from tests.support.measures import BROKEN_WORDS
from tests.support.people import make_agreeing_person

pytestmark = pytest.mark.sqlite_only

# Returns whether the content of an element is wider than the element.
IS_CUT = "(element) => element.scrollWidth > element.clientWidth"
# The addresses of pages that are Wagtail's own, which axe finds faults in.
WAGTAILS = ("pages/{index}/", "pages/search/?q=extraordinary")
PAGES = ("", "stories/", "desk/incomplete/", "guide/", *WAGTAILS)
PAGES += tuple(f"safeguarding/people/{path}" for path in ("new/", "{person}/", "{person}/withdraw/"))
# The names of the bulk actions for screen readers.
NOBODY_IS_DESCRIBED = "Say of the selected pages that no person is described"
PUBLISH = "Publish selected pages"


def test_pages_of_the_admin_fit_a_phone(tab, live_server, subtests):
    admin.give_session(tab, live_server.url, builders.make_user(is_superuser=True))
    builders.make_story("Extraordinary establishment responsibilities")
    places = {"index": builders.make_index().pk, "person": make_agreeing_person().pk}
    tab.set_viewport_size({"width": 360, "height": 800})
    for path in PAGES:
        with subtests.test(path):
            assert tab.open(path.format(**places)).status == 200
            expect_to_fit(tab)
            for part in tab.locator(".w-breadcrumbs, .guide").all():
                assert not part.evaluate(IS_CUT)
            for title in tab.get_by_role("cell", name="Extraordinary").all():
                assert title.evaluate(BROKEN_WORDS) == []
            # Other tests run axe on the list of stories and on the pages about people.
            assert path in (*WAGTAILS, "stories/") or path.startswith("safeguarding") or run_axe(tab) == []


def test_all_rows_are_decided_and_published_by_the_keyboard(tab):
    # Wagtail connects the actions in the menu "More" to the selection only when the menu is shown.
    tab.add_init_script("""document.addEventListener("w-dropdown:shown", () => {
        document.documentElement.dataset.menu = "shown";
    });""")
    for number in range(2):
        builders.make_story(f"Moved {number}", live=False, people="")
    for query, action, confirmation, message in (
        ("consent=undecided", NOBODY_IS_DESCRIBED, "Yes, nobody is described", "Changed: 2"),
        ("status=draft", PUBLISH, "Yes, publish", "2 pages have been published"),
    ):
        assert not StoryPage.objects.published().exists()
        tab.open(f"stories/?{query}")
        tab.get_by_role("columnheader").get_by_role("checkbox", name="Select all").check()
        bulk = tab.get_by_role("region", name="Bulk actions")
        expect(bulk).to_be_visible()
        bulk.get_by_role("button", name="More").press("Enter")
        expect(tab.locator("html")).to_have_attribute("data-menu", "shown")
        tab.get_by_role("link", name=action, exact=True).press("Enter")
        tab.get_by_role("button", name=confirmation).press("Enter")
        expect(tab.get_by_role("status")).to_contain_text(message)
        expect(tab.get_by_role("link", name="Moved")).to_have_count(0)
    assert StoryPage.objects.published().count() == 2
