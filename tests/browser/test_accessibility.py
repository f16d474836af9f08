"""axe finds no error on any public page, in any state, and no page is wider than a small screen."""

from collections import defaultdict
from itertools import cycle, product

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from playwright.sync_api import expect

from home.models import SiteSettings
from tests.support.accessibility import ALL_RULES, TOO_WIDE, run_axe
from tests.support.site import make_site, make_states

pytestmark = pytest.mark.sqlite_only

# The rules about colours. Only their results can differ in dark colours and in another palette.
COLOUR_RULES = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
    "preload": False,  # these rules do not need axe to load the style sheets
}

# All palettes set the same CSS variables, so each page is checked in one more palette, in turn, not in all.
PALETTES = cycle(product(SiteSettings.Palette.values, ["dark", "light"]))


@pytest.fixture
def page(new_page, allow_errors):
    """A browser page without transitions, during which axe would measure other colours."""
    allow_errors.append("404 (Not Found)")  # one of the pages is the error page
    return new_page(reduced_motion="reduce")


def test_axe_finds_nothing_on_any_page(page, live_server):
    site = make_site()
    site.addresses["text only"] = f"{site.story.url}?text=1"
    states = {name: (address, "main") for name, address in site.addresses.items()} | make_states(site)
    problems = defaultdict(list)
    for name, (address, only_there) in states.items():
        response = page.goto(live_server.url + address)
        assert response.status == (404 if name == "404" else 200), name
        expect(page.locator(only_there).first, name).to_be_attached()
        check_page(page, name, problems)
    page.goto(live_server.url)
    page.get_by_role("combobox").press_sequentially("wag")
    expect(page.get_by_role("option")).to_have_count(1)
    check_page(page, "suggestions", problems)
    assert not problems, format_problems(problems)


def test_no_page_is_wider_than_a_small_screen(page, live_server):
    problems = defaultdict(list)
    for name, address in make_site().addresses.items():
        page.goto(live_server.url + address)
        for width in [320, 360]:  # CSS pixels: the least width that WCAG asks for, and a common telephone
            page.set_viewport_size({"width": width, "height": 700})
            note(problems, page.evaluate(TOO_WIDE), f"{name} at {width}")
    assert not problems, format_problems(problems)


def test_axe_finds_nothing_on_pages_without_a_database(page, live_server, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    make_site()
    call_command("maintenance_page")
    pages = {"500": render_to_string("500.html"), "maintenance": (tmp_path / "maintenance.html").read_text()}
    problems = defaultdict(list)
    for name, html in pages.items():
        address = f"{live_server.url}/{name}/"
        answer = {"body": html, "content_type": "text/html"}
        page.route(address, lambda route, _request, answer=answer: route.fulfill(**answer))
        page.goto(address)
        check_page(page, name, problems)
    assert not problems, format_problems(problems)


# What browsers of telephones that get no more updates don't know, and what is unknown to all browsers.
UNKNOWN_TO_OLD_BROWSERS = {"light-dark(": "unknown(", ":has(": ":unknown("}
COLOURED = {"body", ".site-header", ".help-line .button"}


def test_pages_are_readable_in_old_browsers(page, live_server, filters_on_short_lists):
    def make_old(route):
        response = route.fetch()
        style = response.text()
        for new, unknown in UNKNOWN_TO_OLD_BROWSERS.items():
            assert new in style
            style = style.replace(new, unknown)
        route.fulfill(response=response, body=style)

    site = make_site()
    page.route("**/css/site*.css", make_old)
    page.set_viewport_size({"width": 360, "height": 740})
    problems = defaultdict(list)
    for name in ("plain", "story", "index"):
        page.goto(live_server.url + site.addresses[name])
        note(problems, run_axe(page, COLOUR_RULES), name)
        for selector in COLOURED | ({".leave", ".leave__link"} if name == "plain" else set()):
            colour = page.locator(selector).evaluate("part => getComputedStyle(part).backgroundColor")
            assert colour != "rgba(0, 0, 0, 0)", f"{name}: the background of {selector} is transparent"
    assert not problems, format_problems(problems)
    page.locator(".filters__title").click()
    for selector, width in ((".listing__stories", 300), (".listing__filters", 300), (".listing__count", 80)):
        assert page.locator(selector).bounding_box()["width"] > width, selector


def check_page(page, name, problems):
    """Check the page called `name`; add to `problems`, which is {problem: list of places}.

    The colours are checked in another palette too, by changing the class of the page.
    """
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    for scheme, options in [("light", ALL_RULES), ("dark", COLOUR_RULES)]:
        page.emulate_media(color_scheme=scheme)
        for width in [360, 1280]:
            page.set_viewport_size({"width": width, "height": 900})
            note(problems, run_axe(page, options), f"{name}, {scheme}, {width} wide")
    own = page.evaluate("document.documentElement.className")
    if not own:
        return  # the maintenance page has no palette
    palette, scheme = next(each for each in PALETTES if own != f"palette-{each[0]}")
    page.evaluate("name => { document.documentElement.className = name; }", f"palette-{palette}")
    page.emulate_media(color_scheme=scheme)
    note(problems, run_axe(page, COLOUR_RULES), f"{name}, {scheme}, {palette}")


def note(problems, found, place):
    for problem in found:
        problems[problem].append(place)


def format_problems(problems):
    """Return a line for each of `problems`, with the first three places and their number."""
    return "\n".join(
        f"{problem}\n    in {'; '.join(places[:3])} ({len(places)} in all)"
        for problem, places in problems.items()
    )
