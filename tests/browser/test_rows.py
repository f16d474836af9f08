"""Rows of cards have no hole, the menu is one row on phones, and all begins at one edge."""

import pytest

from home.models import FeaturedStory
from stories.models import StoryIndexPage
from tests.support import builders, page_heads, translations
from tests.support.measures import HOLES, MENU_ROW, STARTS

pytestmark = pytest.mark.sqlite_only

# The words of the menu in each language: the help page, the link to donate.
MENUS = {
    "en": ("Get help", "Donate"),
    "fr": ("Besoin d’aide", "Donner"),
    "es": ("Obtener ayuda", "Donar"),
    "ar": ("المساعدة", "تبرّع"),
}
INDEXES = {"en": "Stories", "fr": "Récits", "es": "Historias", "ar": "قصص"}
PHONES, WIDTHS = (320, 360), (360, 700, 768, 1024, 1280, 1920)


def make_languages():
    """Make a home page in each language, with a menu and a story. Return {language: its address}."""
    page_heads.change_settings(donate_url="https://example.org/give")
    addresses = {}
    for language, (help_words, donate_words) in MENUS.items():
        home = builders.home_page() if language == "en" else translations.make_home(language)
        index = builders.make_index(home, INDEXES[language], slug="list", show_in_menus=True)
        help_page = builders.make_plain_page(help_words, home, slug="help", show_in_menus=True)
        builders.make_plain_page("About this organisation", home, slug="about", show_in_menus=True)
        builders.save_with(home, help_page=help_page, donate_text=donate_words)
        builders.make_story(INDEXES[language], index, slug="story")
        addresses[language] = home.url
    return addresses


def find_problems(page, site, addresses, stories):
    """Yield what is wrong, and where. `stories`: those that the English home page shows, more and more."""
    for language, address in addresses.items():
        page.goto(site + address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 740})
            if len(starts := set(page.evaluate(STARTS))) > 1:
                yield language, width, starts
        for width in PHONES:
            page.set_viewport_size({"width": width, "height": 740})
            yield from ((language, width, problem) for problem in page.evaluate(MENU_ROW))
    for number in range(1, len(stories) + 1):
        FeaturedStory.objects.create(home_page=builders.home_page(), story=stories[number - 1])
        for address in ("/", "/list/", f"/list/?theme=in-{number}-stories", stories[-number].url):
            page.goto(site + address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 740})
                yield from ((f"{number} featured", address, width, hole) for hole in page.evaluate(HOLES))


def test_rows_are_whole_and_begin_at_one_edge(new_page, live_server):
    addresses, image = make_languages(), builders.make_image(size=(48, 32))
    index = StoryIndexPage.objects.get(title=INDEXES["en"])
    lead = {"lead_image": image, "lead_image_decorative": True}
    # The first theme has one story, the second has two, and so on.
    themes = [f"In {number} stories" for number in range(1, 7)]
    stories = [
        builders.make_story(None, index, [], themes[number:], **(lead if number % 2 else {}))
        for number in range(6)
    ]
    page = new_page()
    assert list(find_problems(page, live_server.url, addresses, stories)) == []
    panel_has_the_size_of_a_picture(page, live_server.url)


def panel_has_the_size_of_a_picture(page, site):
    page.goto(f"{site}/list/")
    parts = "--told .card__summary", "__picture img"
    boxes = [page.locator(f".card{each}").first.bounding_box() for each in parts]
    assert len({(round(box["width"]), round(box["height"])) for box in boxes}) == 1
