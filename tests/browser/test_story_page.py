"""Where the parts of a story are: its text begins on the first screen, and pictures fit into the window."""

import itertools

import pytest
from django.core.management import call_command

from stories.models import StoryPage
from tests.support import builders

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("media_root")]

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# Where the first line of the text has to begin, in pixels, in whatever typeface the machine has.
LOWEST = 760
# Returns the boxes of the first element that fits each of the selectors.
BOXES = """selectors => selectors.map(selector =>
    document.querySelector(selector).getBoundingClientRect().toJSON())"""


@pytest.mark.usefixtures("small_pictures")
def test_text_of_each_demo_story_begins_on_the_first_screen(new_page, live_server):
    call_command("load_demo", verbosity=0)
    stories = StoryPage.objects.published().select_related("locale").order_by("pk")
    assert {story.locale.language_code for story in stories} == {"en", "fr", "ar"}
    problems = []
    for size, colors in itertools.product([PHONE, DESKTOP], ["light", "dark"]):
        page = new_page(viewport=size, color_scheme=colors)
        # Beside the picture are all words on a desktop, and the last ones on a phone.
        parts = ["h1" if size is DESKTOP else ".byline", ".story__lead img", ".prose p"]
        for story in stories:
            page.goto(live_server.url + story.url)
            words, picture, text = page.evaluate(BOXES, parts)
            left, right = (picture, words) if story.locale.language_code == "ar" else (words, picture)
            is_square = picture["width"] == picture["height"]
            if text["top"] > LOWEST or left["right"] >= right["left"] or not is_square:
                problems.append(f"{story.url} at {size['width']}, {colors}: {words} {picture} {text}")
    assert not problems, "\n".join(problems)


def test_pictures_fit_into_the_window_and_notes_into_the_margin(new_page, live_server):
    tall, small, wide = [builders.make_image(size=size) for size in [(600, 900), (90, 60), (1200, 800)]]
    words = {"type": "text", "value": f"<p>{'Words of the story. ' * 60}</p>"}
    note = {"type": "callout", "value": {"title": "Wages", "text": "<p>Of work.</p>"}}
    pictures = [[tall], [small], [wide], [wide] * 3]
    story = builders.make_story(body=[words, note, words, *[builders.pictures_block(*p) for p in pictures]])
    plain = builders.make_plain_page("About", body=[("text", words["value"])])
    parts = ["h1", ".byline", ".block--text", ".callout"]
    parts += [f".block:nth-of-type({n}) img" for n in (4, 5, 6)]
    parts += [f".gallery > :nth-child({n})" for n in (1, 2, 3)]
    page = new_page()
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        page.goto(live_server.url + story.url)
        title, byline, text, note, tall, small, wide, first, second, third = page.evaluate(BOXES, parts)
        assert title["bottom"] <= byline["top"], size  # without a picture beside them
        assert tall["height"] == pytest.approx(1.5 * tall["width"], rel=0.01), size
        assert tall["height"] < size["height"], size
        assert (small["width"], small["height"]) == (90, 60), size
        assert second["top"] == third["top"], size
        grows = [note["left"] > text["right"], wide["width"] > text["width"], first["top"] == second["top"]]
        assert grows == [size is DESKTOP] * 3
    page.goto(live_server.url + plain.url)
    assert page.evaluate(BOXES, [".block--text"])[0]["left"] == text["left"]
