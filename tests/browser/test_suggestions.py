"""Suggestions while typing: an accessible combobox over the plain search form, which works without it."""

from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import TOO_WIDE
from tests.support.builders import make_plain_page, make_story

pytestmark = pytest.mark.sqlite_only

WAIT = 150  # milliseconds after the last key until the server is asked: DELAY in suggestions.js


@pytest.fixture
def page(new_page, live_server):
    """The home page. Its clock is paused, and tests advance it with page.clock.run_for().

    The database has pages and terms that are suggested, but no pictures, which would take longest.
    """
    make_story("Wages after three years", countries=["KE"], themes=["Forced labour", "Recruitment fees"])
    make_story("Gold dust")
    make_plain_page("Rest and food")
    page = new_page()
    page.clock.install(time=0)
    page.goto(live_server.url)
    page.clock.pause_at(3600)  # seconds: later than the page's own start
    return page


@pytest.fixture
def asked(page):
    """The texts for which the page has requested suggestions, in order."""
    words = []

    def note(request):
        parts = urlsplit(request.url)
        if parts.path == "/search/suggestions/":
            words.extend(parse_qs(parts.query)["q"])

    page.on("request", note)
    return words


def test_suggestions(page, asked, live_server, subtests):
    """All cases use one browser page and one database, because to make these takes longest."""
    for case in (
        arrow_keys_go_round_through_the_field,
        escape_closes_the_list_and_keeps_the_words,
        tab_leaves_the_field_and_closes_the_list,
        a_click_goes_to_the_suggestion,
        the_server_is_asked_once_and_only_for_texts_that_get_an_answer,
        an_earlier_answer_is_dropped,
        screen_readers_hear_how_many_there_are,
        the_marked_suggestion_stands_out_in_forced_colours,
        the_list_fits_a_small_screen_with_large_text,
    ):
        with subtests.test(case.__name__):
            page.goto(live_server.url)
            asked.clear()
            case(page, asked)
        page.unroute_all()


def field(page):
    return page.get_by_label("Search the stories")


def options(page):
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def enter(page, words):
    """Type `words` key by key, and advance the clock until the page requests suggestions."""
    field(page).press_sequentially(words)
    page.clock.run_for(WAIT)


def marked(page):
    """Return the text of the option that is selected for screen readers and visibly, or None."""
    active = field(page).get_attribute("aria-activedescendant")
    selected = page.locator("[role=option][aria-selected=true]")
    expect(field(page)).to_be_focused()
    expect(selected).to_have_count(1 if active else 0)
    if not active:
        return None
    expect(selected).to_have_id(active)
    return selected.inner_text()


def arrow_keys_go_round_through_the_field(page, asked):
    enter(page, "re")
    expect(options(page)).to_have_count(2)
    first, second = options(page).all_inner_texts()
    keys = [*["ArrowDown"] * 3, *["ArrowUp"] * 2, "Home", "ArrowDown", "End", "ArrowUp", "x"]
    expected = [first, second, None, second, first, None, first, None, second, None]
    found = []
    for key in keys:
        page.keyboard.press(key)
        found.append(marked(page))
    assert found == expected
    expect(field(page)).to_have_value("rex")


def escape_closes_the_list_and_keeps_the_words(page, asked):
    enter(page, "wages")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    expect(field(page)).to_have_value("wages")
    assert marked(page) is None
    page.keyboard.press("ArrowDown")
    assert "Wages" in marked(page)
    assert asked == ["wages"]

    # Without the answer for the new text, the list has the suggestions for the old one.
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(0)
    assert marked(page) is None


def tab_leaves_the_field_and_closes_the_list(page, asked):
    enter(page, "wages")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(options(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    expect(field(page)).to_have_value("wages")


def a_click_goes_to_the_suggestion(page, asked):
    enter(page, "ken")
    expect(options(page)).to_have_text(["Kenya Country"])
    options(page).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kenya")


def the_server_is_asked_once_and_only_for_texts_that_get_an_answer(page, asked):
    for words in ("f", " f ", "f" * 61):  # texts of 2 to 60 characters get suggestions
        field(page).fill(words)
        page.clock.run_for(10 * WAIT)
        expect(field(page)).to_have_attribute("aria-expanded", "false")
    field(page).fill("")
    field(page).press_sequentially("wages")
    page.keyboard.press("Tab")  # nothing is asked once the field has lost the focus
    page.clock.run_for(10 * WAIT)
    field(page).fill("")
    field(page).press_sequentially("forced lab")
    page.clock.run_for(WAIT - 1)
    assert asked == []
    page.clock.run_for(1)
    expect(options(page)).to_have_text(["Forced labour Theme"])
    assert asked == ["forced lab"]
    field(page).fill("f")
    expect(options(page)).to_have_count(0)


def an_earlier_answer_is_dropped(page, asked):
    page.route("**/suggestions/?q=wa", lambda _route: None)  # it is never answered
    with page.expect_event("requestfailed") as failed:
        enter(page, "wa")
        enter(page, "ges aft")
    assert failed.value.url.endswith("?q=wa")
    expect(options(page)).to_have_text(["Wages after three years Story"])
    assert asked == ["wa", "wages aft"]


def test_a_failure_is_silent_and_the_search_still_works(page, live_server, allow_errors):
    allow_errors.append("/search/suggestions/")
    for event, fail in (
        ("requestfailed", lambda route: route.abort()),
        ("response", lambda route: route.fulfill(status=500, body="<h1>Error</h1>")),
    ):
        page.goto(live_server.url)
        page.route("**/suggestions/**", fail)
        with page.expect_event(event):
            enter(page, "gold dust")
        expect(options(page)).to_have_count(0)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="1 result for “gold dust”")).to_be_visible()
        page.unroute_all()


def screen_readers_hear_how_many_there_are(page, asked):
    status = page.get_by_role("search").get_by_role("status")
    expect(status).to_have_text("")
    enter(page, "wages")
    expect(status).to_have_text("Suggestions: 1")
    enter(page, "xyz")
    expect(status).to_have_text("No suggestions")
    expect(field(page)).to_have_attribute("aria-expanded", "false")


def the_marked_suggestion_stands_out_in_forced_colours(page, asked):
    page.emulate_media(forced_colors="active")
    enter(page, "wages")
    expect(options(page)).to_have_css("outline-style", "none")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_css("outline-style", "solid")
    page.emulate_media(forced_colors="none")


def the_list_fits_a_small_screen_with_large_text(page, asked):
    make_story("Recruitment and the Rechtsschutzversicherungsgesellschaften of a very long title")
    page.set_viewport_size({"width": 320, "height": 640})  # it stays so: this is the last case
    page.goto(f"{page.url}search/")  # where a small screen has the form
    for direction, size in product(["ltr", "rtl"], ["100%", "200%"]):
        page.evaluate("dir => { document.documentElement.dir = dir; }", direction)
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        field(page).fill("")
        enter(page, "recr")
        expect(options(page)).to_have_count(2)
        assert page.evaluate(TOO_WIDE) == []
        # Pixels, which a finger needs (WCAG 2.5.5).
        assert min(option.bounding_box()["height"] for option in options(page).all()) >= 44
