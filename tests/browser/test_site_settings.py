"""A moderator changes settings of the whole site in the admin, and visitors see the change at once."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def tab(new_page):
    """A browser page for the admin."""
    return admin.open_tab(new_page)


@pytest.fixture
def reader(new_page, live_server):
    """A browser page with the home page, opened before the change."""
    page = new_page()
    page.goto(live_server.url)
    return page


BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def write(tab, field, words):
    """Type `words` into the rich text `field` of the page editor, and wait until the form contains them."""
    part = tab.locator(f"[data-contentpath={field}]")
    part.get_by_role("textbox").press_sequentially(words)
    expect(part.locator(f"input[name={field}]")).to_have_value(re.compile(re.escape(words)))


def test_readers_see_changes_of_the_whole_site(tab, reader, live_server, moderator):
    """All of it in one browser page, because a new one loads and compiles all scripts of the admin again."""
    admin.give_session(tab, live_server.url, moderator)
    change_palette_and_logo(tab, reader, live_server.url)
    write_words_at_the_foot_and_the_help_line(tab, reader, live_server.url)


def change_palette_and_logo(tab, reader, address):
    expect(reader.locator("html")).to_have_class("palette-earth")
    expect(reader.locator(".brand__logo")).to_have_count(0)
    before = reader.evaluate(BACKGROUND)
    tab.goto(f"{address}/admin/settings/home/sitesettings/")
    tab.get_by_label("Colours").select_option("Sea")
    tab.get_by_role("button", name="Choose a picture").click()
    admin.upload_picture(tab, "Our logo", shows="An illustration")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_role("status")).to_contain_text("Site settings updated.")

    reader.reload()
    expect(reader.locator("html")).to_have_class("palette-sea")
    assert reader.evaluate(BACKGROUND) != before
    logo = reader.locator("img.brand__logo")
    expect(logo).to_be_visible()
    expect(logo).not_to_have_js_property("naturalWidth", 0)


def write_words_at_the_foot_and_the_help_line(tab, reader, address):
    reader.goto(address)
    foot = reader.get_by_role("contentinfo")
    expect(foot).not_to_contain_text("0800")
    admin.go_to_editor(tab, address, builders.home_page())
    write(tab, "help_line", "Call 0800 000 000, day and night.")
    write(tab, "footer_text", "Told with their consent.")
    admin.footer(tab, "Publish")
    expect(tab.get_by_role("status")).to_contain_text("has been published")

    reader.reload()
    expect(foot.get_by_role("region", name="If you need help")).to_contain_text(
        "Call 0800 000 000, day and night."
    )
    expect(foot).to_contain_text("Told with their consent.")
