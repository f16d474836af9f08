"""axe finds no error on any public page, in any state, and no page is wider than a small screen.

Links to other sites do not tell these from which page a reader comes. On a slow line, where the HTML of a
page arrives in parts, nothing moves that is already there.
"""

from collections import defaultdict
from itertools import cycle, product

import pytest
from playwright.sync_api import expect

from caching.outage import page_file, server_error
from home.models import SiteSettings
from operations.outage import write_page
from tests.support.accessibility import ALL_RULES, run_axe
from tests.support.measures import ARRIVE_IN_PARTS, LINKS, SHIFTS, TOO_WIDE
from tests.support.site import make_site, make_states

pytestmark = pytest.mark.sqlite_only


# The rules whose results can differ in other colours or at another width, for the second check of a state.
# They do not need axe to load the style sheets.
SEEN = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
SEEN_RULES = {"runOnly": SEEN, "resultTypes": ["violations"], "preload": False}
# Pages that stand for a template of their own: all rules see them at both widths.
OWN_TEMPLATES = {"text-only index", "text-only story", "login"}
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# {page: what readers see of it without scrolling}
FIRST_SEEN = {"home": ".card--hero .card__title", "search": ".result", "story": ".story__title"}
FIRST_SEEN |= {"index": ".listing .card", "country": ".listing .card"}
# {page: what is closed on a phone, and open beside the words on a desktop}
FOLDED = {"index": ".facet__choice", "results": ".facet__choice", "story": ".contents ol"}
# Pages that arrive slowly, besides those of FIRST_SEEN.
SLOW = {"filtered", "results", "French home", "French search", "Arabic home", "Arabic index", "Arabic story"}
IS_IN_WINDOW = "(element) => element.getBoundingClientRect().top < innerHeight"

# (width of a page's first check, width of its second). Each kind of page is there several times, so the pages
# take the two in turn.
WIDTHS = cycle([(360, 1280), (1280, 360)])

# All palettes set the same CSS variables, so each kind of page is checked in one more, in turn, not in all.
# States of these pages are checked in the dark colours of their own palette.
PALETTES = cycle(product(SiteSettings.Palette.values, ["dark", "light"]))


@pytest.fixture
def page(new_page, allow_errors):
    allow_errors.append("404 (Not Found)")  # one of the pages is the error page
    return new_page()


def test_axe_finds_nothing_on_any_page(page, live_server, settings, tmp_path):
    site = make_site()
    states = {name: (address, "main") for name, address in site.addresses.items()} | make_states(site)
    problems, links, checked = defaultdict(list), 0, set()
    for name, (address, only_there) in states.items():
        assert page.goto(live_server.url + address).status == (404 if name == "404" else 200), name
        expect(page.locator(only_there).first, name).to_be_attached()
        if address in checked:  # One page can be an example of two states.
            continue
        checked.add(address)
        for width in [320, 360]:  # CSS pixels: the least width that WCAG asks for, and a common telephone
            page.set_viewport_size({"width": width, "height": 700})
            note(problems, page.evaluate(TOO_WIDE), f"{name} at {width}")
        number, telling = page.evaluate(LINKS)
        links += number
        note(problems, (f"without noopener or noreferrer: {link}" for link in telling), name)
        if name in site.addresses:
            check_page(page, name, problems, ALL_RULES, *another_palette(page))
        else:
            check_page(page, name, problems, ALL_RULES if name in OWN_TEMPLATES else SEEN_RULES)
        check_first_view(page, live_server.url, name, address, problems)
    # In rich text, in a table, in each block with a URL and in the settings.
    assert links > 60
    page.set_viewport_size({"width": 1280, "height": 900})  # A small screen has no search in the header.
    page.goto(live_server.url)
    page.get_by_role("combobox").press_sequentially("wag")
    expect(page.get_by_role("option")).to_have_count(1)
    check_page(page, "suggestions", problems)
    settings.DATA_DIR = tmp_path
    check_pages_without_a_database(page, live_server.url, problems)
    check_pages_in_old_browsers(page, live_server.url, site, problems)
    assert not problems, format_problems(problems)


def check_first_view(page, site, name, address, problems):
    """Check what is seen first on a phone and on a desktop, and that nothing moves while the page arrives."""
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        where = f"{name}, {size['width']} wide"
        if name in FIRST_SEEN | FOLDED:
            page.goto(site + address)
        if (first := FIRST_SEEN.get(name)) and not page.locator(first).first.evaluate(IS_IN_WINDOW):
            problems[f"{first} is below the window"].append(where)
        if (part := FOLDED.get(name)) and page.locator(part).first.is_visible() != (size == DESKTOP):
            problems[f"{part} is open on a phone, or closed on a desktop"].append(where)
        if name in SLOW | FIRST_SEEN.keys():
            page.goto(f"{site}/robots.txt")  # ARRIVE_IN_PARTS replaces it, and needs a page of the site
            page.evaluate(ARRIVE_IN_PARTS, address)
            note(problems, page.evaluate(SHIFTS, 0.003), f"{where}, on a slow line")
    if name == "home" and page.locator(".card--hero img").get_attribute("loading"):
        problems["the first picture is loaded late"].append(name)


def check_pages_without_a_database(page, site, problems):
    """Check the page for errors and outages, and what stands in for it while the file is missing."""
    write_page()
    for name in ("outage", "missing"):
        response, address = server_error(None), f"{site}/{name}/"
        answer = {"body": response.content, "headers": dict(response.items())}
        page.route(address, lambda route, _request, answer=answer: route.fulfill(**answer))
        page.goto(address)
        check_page(page, name, problems)
        page_file().unlink(missing_ok=True)


# What browsers of telephones that get no more updates don't know, and what is unknown to all browsers.
UNKNOWN_TO_OLD_BROWSERS = {"light-dark(": "unknown(", ":has(": ":unknown("}
# Parts of these pages that have a background.
COLOURED = {"body", ".site-header", ".help-line .button"}


def check_pages_in_old_browsers(page, address, site, problems):
    def make_old(route):
        if route.request.resource_type not in {"document", "stylesheet"}:
            return route.fallback()
        response = route.fetch()
        style = response.text()
        for new, unknown in UNKNOWN_TO_OLD_BROWSERS.items():
            assert new in style
            style = style.replace(new, unknown)
        # The policy allows only the unchanged style.
        headers = {name: value for name, value in response.headers.items() if "policy" not in name}
        return route.fulfill(response=response, body=style, headers=headers)

    page.route("**/*", make_old)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("plain", "story", "index"):
        page.goto(address + site.addresses[name])
        note(problems, run_axe(page, SEEN_RULES), f"{name} in an old browser")
        # The plain page is the help page, which has the button to leave quickly.
        for selector in COLOURED | ({".leave", ".leave__link"} if name == "plain" else set()):
            colour = page.locator(selector).evaluate("part => getComputedStyle(part).backgroundColor")
            assert colour != "rgba(0, 0, 0, 0)", f"{name}: the background of {selector} is transparent"
    # The last of these pages is the index. With its filters open, the stories fill a row of their own.
    page.locator(".filters__title").click()
    assert page.locator(".listing__stories").bounding_box()["width"] > 300


def check_page(page, name, problems, again=ALL_RULES, palette="", scheme="dark"):
    """Check the page called `name`; add to `problems`, which is {problem: list of places}.

    The second check has the rules `again`, another width, and the colours of `palette`, or of the page's own.
    """
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    # axe loads style sheets only for this rule, which is off by default. Each sheet is in one of these pages.
    has_new_style = name in {"home", "text-only index", "maintenance"}
    rules = ALL_RULES["rules"] | {"css-orientation-lock": {"enabled": has_new_style}}
    width, other_width = next(WIDTHS)
    run_axe_in(page, width, "light", ALL_RULES | {"rules": rules, "preload": has_new_style}, name, problems)
    if palette:
        page.evaluate("name => { document.documentElement.className = name; }", f"palette-{palette}")
    run_axe_in(page, other_width, scheme, again | {"preload": False}, f"{name}, {palette}", problems)


def run_axe_in(page, width, scheme, options, name, problems):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    note(problems, run_axe(page, options), f"{name}, {scheme}, {width} wide")


def another_palette(page):
    """Return the next palette that is not the one of `page`, and a colour scheme."""
    own = page.evaluate("document.documentElement.className")
    return next(each for each in PALETTES if own != f"palette-{each[0]}")


def note(problems, found, place):
    for problem in found:
        problems[problem].append(place)


def format_problems(problems):
    """Return a line for each of `problems`, with the first three places and their number."""
    return "\n".join(
        f"{problem}\n    in {'; '.join(places[:3])} ({len(places)} in all)"
        for problem, places in problems.items()
    )
