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


@pytest.mark.usefixtures("rough_pictures")
def test_text_of_each_demo_story_begins_on_the_first_screen(new_page, live_server):
    call_command("load_demo", verbosity=0)
    stories = StoryPage.objects.published().select_related("locale").order_by("pk")
    assert {story.locale.language_code for story in stories} == {"en", "fr", "ar"}
    problems = []
    for size, colors in itertools.product([PHONE, DESKTOP], ["light", "dark"]):
        page = new_page(viewport=size, color_scheme=colors)
        for story in stories:
            page.goto(live_server.url + story.url)
            title, facts, lead, text = page.evaluate(BOXES, ["h1", ".byline", ".story__lead img", ".prose p"])
            where = f"{story.url} at {size['width']}, {colors}: "
            if text["top"] > LOWEST:
                problems.append(f"{where}the text begins at {text['top']}")
            words = title if size is DESKTOP else facts
            is_rtl = story.locale.language_code == "ar"
            is_beside = lead["right"] < words["left"] if is_rtl else lead["left"] > words["right"]
            if not is_beside or lead["width"] != lead["height"]:
                problems.append(f"{where}the picture is at {lead}")
    assert not problems, "\n".join(problems)


def test_pictures_fit_into_the_window_and_notes_into_the_margin(new_page, live_server):
    tall, small, wide = [builders.make_image(size=size) for size in [(600, 900), (90, 60), (1200, 800)]]
    words = {"type": "text", "value": f"<p>{'Words of the story. ' * 60}</p>"}
    note = {"type": "callout", "value": {"title": "Wages", "text": "<p>Of work.</p>"}}
    pictures = [[tall], [small], [wide], [wide] * 2, [wide] * 3]
    body = [words, note, words, *[builders.pictures_block(*images) for images in pictures]]
    story = builders.make_story(body=body)
    plain = builders.make_plain_page("About", body=[("text", words["value"])])
    parts = [".block--text", ".callout", *[f".block:nth-of-type({n}) img" for n in (4, 5, 6)]]
    parts += [f".block:nth-of-type({n}) li:nth-child({place})" for n in (7, 8) for place in (1, 2)]
    page = new_page()
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        page.goto(live_server.url + story.url)
        text, note, tall, small, wide, *in_two, first, second = page.evaluate(BOXES, parts)
        assert tall["height"] == pytest.approx(1.5 * tall["width"], rel=0.01), size
        assert tall["height"] < size["height"], size
        assert (small["width"], small["height"]) == (90, 60), size
        assert wide["width"] == pytest.approx(1.5 * wide["height"], rel=0.01), size
        assert in_two[0]["top"] == in_two[1]["top"], size
        is_beside = size is DESKTOP
        assert (note["left"] > text["right"]) == is_beside
        assert (wide["width"] > text["width"]) == is_beside
        assert (first["top"] == second["top"]) == is_beside, (
            "the first of three has a row of its own on phones"
        )
    page.goto(live_server.url + plain.url)
    assert page.evaluate(BOXES, [".block--text"])[0]["left"] == text["left"]
