"""A reader changes the language of a story, by keyboard and by click, on a narrow screen."""

import pytest
from playwright.sync_api import expect

from tests.support import builders
from tests.support.translations import make_index_in

pytestmark = pytest.mark.sqlite_only


def make_translations():
    """Return the address of a story in English that has translations into French and Arabic."""
    story = builders.make_story("A story")
    for code, title in (("fr", "Un récit"), ("ar", "قصة")):
        stories = make_index_in(code, title)
        builders.make_story(title, stories, translation_key=story.translation_key, locale=stories.locale)
    return story.url


def test_reader_follows_a_story_through_its_languages(new_page, live_server):
    address = make_translations()
    # The language of the browser, Spanish, changes nothing.
    page = new_page(viewport={"width": 360, "height": 800}, locale="es-ES")
    page.goto(live_server.url + address)
    languages = page.get_by_role("navigation", name="Languages").get_by_role("link")
    expect(languages).to_have_text(["English", "Français", "العربيّة"])

    page.get_by_role("banner").get_by_role("link", name="Text only").focus()
    page.keyboard.press("Tab")  # to English
    page.keyboard.press("Tab")
    expect(languages.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Un récit")
    expect(page.get_by_role("link", name="Aller au contenu")).to_have_count(1)

    page.get_by_role("navigation", name="Langues").get_by_role("link", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("heading", level=1)).to_have_text("قصة")

    page.get_by_role("contentinfo").get_by_role("link", name="English").click()
    expect(page).to_have_url(live_server.url + address)
