"""Details of the admin in a browser: a toolbar's contrast, the editor's checks, lists, and forms of users."""

import pytest
from playwright.sync_api import expect
from wagtail.models import Locale

from stories.terms import Theme
from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import BROKEN_WORDS, expect_to_fit, run_axe

pytestmark = pytest.mark.sqlite_only

# Returns how much wider the content of an element is than the element.
HIDDEN_WIDTH = "(element) => element.scrollWidth - element.clientWidth"


def test_logo_is_in_the_middle_of_the_login_form(new_page, live_server):
    page = new_page()
    page.goto(f"{live_server.url}/admin/login/")
    logo, form = (page.locator(part).bounding_box() for part in ("main img", "main"))
    assert logo["x"] - form["x"] == form["x"] + form["width"] - logo["x"] - logo["width"]


def test_buttons_of_the_text_toolbar_have_contrast(new_page, live_server, moderator):
    tab = admin.open_tab(new_page)
    admin.open_editor(tab, live_server.url, moderator, builders.make_story("Words", live=False))
    text = admin.blocks(tab).first.get_by_role("textbox")
    text.click()
    text.press("Control+a")
    button = tab.locator(".Draftail-FloatingToolbar .Draftail-CommentControl button")
    expect(button).to_be_visible()

    colours = button.evaluate(
        "(e) => [getComputedStyle(e).color, getComputedStyle(e.closest('.Draftail-FloatingToolbar')).color]"
    )
    assert colours[0] == colours[1], "that of the other buttons"
    assert run_axe(tab, {"runOnly": ["color-contrast"]}) == []


def test_checks_look_at_the_story_alone(new_page, live_server, moderator):
    """They leave out the site's footer and the links to other stories below the story."""
    home = builders.home_page()
    home.footer_text = "<p>We are a charity.</p>"
    home.save_revision().publish()
    body = [{"type": "text", "value": "<p>One two three four five six seven.</p>"}]
    story = builders.make_story("Counted words", live=False, body=body)
    builders.make_story("Another story")
    tab = admin.open_tab(new_page)
    admin.open_editor(tab, live_server.url, moderator, story)
    tab.get_by_role("button", name="Toggle preview").click()
    expect(tab.frame_locator("#w-preview-iframe").get_by_role("main")).to_be_visible()

    tab.get_by_role("button", name="Toggle checks").click()

    checks = tab.get_by_role("complementary", name="Checks")
    expect(checks.locator("[data-content-word-count]")).to_have_text("7")
    expect(checks.locator("[data-checks-panel]")).to_have_text("")
    expect(checks.locator("[data-content-checker-count]")).to_have_text("0")


def test_titles_break_between_words_on_a_phone(new_page, live_server, moderator):
    index = builders.make_index()
    builders.make_story("Extraordinary establishment responsibilities")
    tab = new_page(viewport={"width": 390, "height": 844})
    admin.give_session(tab, live_server.url, moderator)
    for address in (f"pages/{index.pk}/", "pages/search/?q=extraordinary", "desk/incomplete/"):
        tab.goto(f"{live_server.url}/admin/{address}")
        title = tab.get_by_role("cell", name="Extraordinary").first
        assert title.evaluate(BROKEN_WORDS) == [], address
        assert tab.locator(".w-breadcrumbs").evaluate(HIDDEN_WIDTH) == 0, f"{address}: the page's own title"
        expect_to_fit(tab)


def test_lists_are_sorted_by_name_and_say_what_they_count(new_page, live_server, moderator):
    french = Locale.objects.create(language_code="fr")
    for name, locale in [("Abus", french), ("Wages", Locale.get_default()), ("Debt", Locale.get_default())]:
        Theme.objects.create(name=name, locale=locale)
    builders.make_story("Bricks")
    tab = admin.open_tab(new_page)
    admin.give_session(tab, live_server.url, moderator)
    tab.goto(f"{live_server.url}/admin/snippets/stories/theme/")
    titles = tab.locator("tbody td.title")
    expect(titles).to_contain_text(["Debt", "Wages", "Abus"])
    tab.goto(f"{live_server.url}/admin/snippets/stories/country/")
    expect(titles.first).to_contain_text("Afghanistan")
    expect(titles.nth(1)).to_contain_text("Åland Islands")
    tab.goto(f"{live_server.url}/admin/pages/search/?q=bricks")
    expect(tab.get_by_role("columnheader", name="Title")).to_contain_text("1-1 of 1 page")


def test_invitation_needs_a_role(new_page, live_server):
    tab = admin.open_tab(new_page)
    builders.make_user(username="amina", is_superuser=True)
    admin.sign_in(tab, live_server.url)
    admin.expect_home(tab)
    tab.goto(f"{live_server.url}/admin/users/new/")
    for label in ("Username", "First name", "Last name"):
        tab.get_by_label(label).fill("Grace")
    tab.get_by_label("Email").fill("grace@example.org")
    tab.get_by_role("button", name="Create").click()
    expect(tab.get_by_role("status")).to_contain_text("could not be created")
    tab.get_by_role("tab", name="Roles").first.click()
    expect(tab.get_by_text("Choose a role that may use the admin.")).to_be_visible()
