"""What readers see first: how far down the header, pictures, words and results are, and their sizes.

On a slow line, where the HTML of a page arrives in parts, nothing moves that is already there.
"""

import itertools

import pytest

from tests.support.measures import (
    ARRIVE_IN_PARTS,
    COUNT_IN_ROWS,
    EDGES,
    LONE_DOTS,
    MAX_SHIFT,
    MEASURE,
    ODD_IN_ARABIC,
    ODD_ON_PAPER,
    PANELS,
    SHIFTS,
    SIZES,
    SUMMARY_LINES,
    TEXT_ONLY,
    USE_TYPEFACE,
    WIDTH,
)
from tests.support.three_languages import LANGUAGES, make_site_in_three_languages

pytestmark = pytest.mark.sqlite_only

# Sizes of the window.
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# {page: {(selector, side): (limit on a phone, limit on a desktop)}}. A limit is the largest distance of that
# side from the top of the page, in CSS pixels. The project chose the limits; (740, 800) is the height of the
# window.
LIMITS = {
    "home": {
        (".site-header", "bottom"): (140, 140),
        # The words of the mission are above it.
        (".card--hero img", "top"): (320, 250),
        (".card--hero .card__title", "bottom"): (740, 800),
        # The story's summary has two sentences.
        (".card--hero .card__summary", "bottom"): (740, 800),
    },
    "list": {
        (".site-header", "bottom"): (140, 140),
        (".listing .card", "top"): (500, 500),
    },
    "country": {
        (".site-header", "bottom"): (140, 140),
        (".listing .card", "top"): (500, 500),
    },
    "search": {
        (".site-header", "bottom"): (140, 140),
        (".result", "top"): (500, 500),
    },
    "story": {
        (".site-header", "bottom"): (140, 140),
        (".story__lead img", "top"): (700, 800),
        (".block--text p", "top"): (1100, 1500),
    },
    "text only": {},
    "two sections": {},
}
# The sizes of a story that are tested: [(name in SIZES, languages, widths of the window, minimum, maximum)].
STORY_SIZES = [
    ("picture, width by height", "en fr ar", (360, 1280), 1.98, 2.02),
    ("picture, width in rem", "en fr ar", (1280,), 72, 72),
    ("second heading in rem", "en fr ar", (360, 1280), 1.4, 1.65),
    ("title, line height", "ar", (360, 1280), 1.5, 1.5),
    ("words, line height", "ar", (360, 1280), 1.8, 1.8),
    # In the site's typeface, which find_problems_of_first_views() loads. That of Arabic is the machine's.
    ("characters a line", "en fr", (360,), 36, 40),
    # The mark hangs outside of the column, but not outside of the window.
    ("own words, room beside their mark in pixels", "en fr ar", (360, 1280), 0, 1280),
    # The contents are beside the words and reach the end of the picture.
    ("contents, distance from the end in rem", "en fr ar", (1280,), 0, 0),
    ("contents, distance from the words in rem", "en fr ar", (1280,), 3, 5),
    ("words, width in rem", "en fr ar", (1280,), 38, 42),
    ("byline, lines", "en fr ar", (1280,), 1, 1),
    ("numbers, distance between their right ends in pixels", "en fr ar", (360, 1280), 0, 0),
]
MAX_TYPEFACE = 30  # KB
# The colours of text.css.
TEXT_ONLY_COLOURS = {
    "light": ["rgb(255, 255, 255)", "rgb(11, 74, 143)"],
    "dark": ["rgb(22, 22, 22)", "rgb(157, 200, 255)"],
}
# {page: (selector of a grid, {language: the number of items in each row, on a desktop})}
ROWS = {
    "home": (".cards--featured", {"en": [1, 2], "fr": [1, 1], "ar": [1]}),
    "country": (".cards--list", {"en": [3], "fr": [2], "ar": [1]}),
    "story": (".gallery", dict.fromkeys(LANGUAGES, [1, 2])),
    "two sections": (".gallery", dict.fromkeys(LANGUAGES, [2, 3])),
}

# What arrives slowly: (language, page of the site, query string). A year has one story: the page is shorter
# than the window, and has an active filter. The page "country" has three stories in English, two in French
# and one in Arabic.
SLOW_PAGES = [
    ("en", "home", ""),
    ("fr", "home", ""),
    ("ar", "home", ""),
    ("en", "list", ""),
    ("en", "list", "?year=2021"),
    ("en", "country", ""),
    ("fr", "country", ""),
    ("ar", "country", ""),
    ("en", "search", ""),
    ("en", "search", "&year=2021"),
    # The last `q` counts. It finds one page, which has no picture.
    ("en", "search", "&q=organisation"),
    ("en", "story", ""),
]


@pytest.fixture
def addresses(transactional_db):
    """{(language, page in LIMITS): address} of a site with four stories in each language."""
    return make_site_in_three_languages()


def find_odd_sizes(page, language, width):
    sizes = page.evaluate(SIZES)
    for name, languages, widths, smallest, largest in STORY_SIZES:
        if language in languages.split() and width in widths and not smallest <= sizes[name] <= largest:
            yield f"{name}: {sizes[name]}, not {smallest} to {largest}"


def find_odd_rows(page, language, name, size):
    """Yield what is wrong with the rows of a grid on the page `name`. On a phone, each has one item."""
    if name not in ROWS:
        return
    selector, rows = ROWS[name]
    expected = rows[language] if size == DESKTOP else [1] * sum(rows[language])
    if (found := page.evaluate(COUNT_IN_ROWS, selector)) != expected:
        yield f"{selector} has rows of {found}, not {expected}"


def find_problems(page, language, name, size):
    """Yield what is wrong with the page `name` in a window of `size`."""
    places = page.evaluate(MEASURE, [selector for selector, _side in LIMITS[name]])
    for (selector, side), limits in LIMITS[name].items():
        place, limit = places[selector][side], limits[size == DESKTOP]
        if place > limit:
            yield f"{side} of {selector} at {place}, not below {limit}"
    yield from find_odd_rows(page, language, name, size)
    if name == "home" and (lines := page.evaluate(SUMMARY_LINES)) > 3:
        yield f"a summary has {lines} lines"
    if name == "story":
        yield from find_odd_sizes(page, language, size["width"])
        if widths := page.evaluate(LONE_DOTS):
            yield f"lines begin or end with a dot in bylines of {widths} pixels"
        if len(set(edges := page.evaluate(EDGES))) > 1:
            yield f"title, picture and words begin at {edges}"
    # Closed on a phone, and open beside the words on a desktop.
    if folded := {"list": ".facet__choice", "search": ".facet__choice", "story": ".contents ol"}.get(name):
        is_open = page.locator(folded).first.is_visible()
        if is_open != (size == DESKTOP):
            yield f"{folded} is {'open' if is_open else 'closed'}"


def find_odd_colours(page, name, size, scheme):
    """Yield what is wrong with the colours of the page `name` in `scheme`, "light" or "dark"."""
    if name == "search":
        # As site.css says beside its colours.
        yield from (f"{panel} is {c:.2f}:1" for panel, c in page.evaluate(PANELS).items() if c < 1.25)
    if name == "text only":
        # 40 rem on a desktop. On a phone, the window without the margins that browsers give a page.
        expected = [*TEXT_ONLY_COLOURS[scheme], 640 if size == DESKTOP else 344]
        if (found := page.evaluate(TEXT_ONLY)) != expected:
            yield f"colours and width are {found}, not {expected}"


def find_problems_elsewhere(page, language, name):
    """Yield what is wrong with the page `name` in other windows, on paper, and for other programs."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    if language == "ar" and name in {"home", "list", "story"}:
        yield from page.evaluate(ODD_IN_ARABIC)
    if name != "text only" and (width := page.evaluate(WIDTH)) < 1368:  # 72 rem of 19 pixels
        yield f"of 1920 pixels, {width} are used"
    if name == "home" and page.locator(".card--hero img").get_attribute("loading"):
        yield "the first picture is loaded late"
    # Too few stories for filters, and too few sections for contents.
    unwanted = {"country": ".filters", "two sections": ".contents"}.get(name)
    if unwanted and page.locator(unwanted).count():
        yield f"{unwanted} is there"
    for width in (991, 992) if name == "list" else ():  # 62 em are 992 pixels
        page.set_viewport_size({"width": width, "height": 800})
        if page.locator(".facet__choice").first.is_visible() != (width == 992):
            yield f"the filters are not as expected at {width} pixels"
    if name == "story":
        page.emulate_media(media="print")
        if printed := page.evaluate(ODD_ON_PAPER):
            yield f"on paper: {printed}"
        page.emulate_media(media="screen")


def test_first_views(new_page, live_server, addresses):
    """Both parts use one site, because to make its pictures takes long."""
    problems = []
    for language in LANGUAGES:
        # Each in a new browser context: in one that has used the typeface, Chromium loads it on any page.
        page, pages = new_page(), {name: url for (of, name), url in addresses.items() if of == language}
        problems += find_problems_of_first_views(page, live_server.url, language, pages)
    problems += find_shifts_on_a_slow_line(new_page(), live_server.url, addresses)
    assert not problems, "\n".join(problems)


def find_problems_of_first_views(page, site, language, addresses):
    problems = []
    for name, address in addresses.items():
        page.set_viewport_size(PHONE)
        page.goto(site + address)
        shifts = page.evaluate(SHIFTS, MAX_SHIFT)
        problems += [f"{name}, {language}: the layout shifts by {shift}" for shift in shifts]
        # The typeface has no Arabic.
        if name == "story" and language != "ar" and (size := page.evaluate(USE_TYPEFACE)) > MAX_TYPEFACE:
            problems.append(f"the typeface has {size} KB")
        for size in [PHONE, DESKTOP]:
            page.set_viewport_size(size)
            where = f"{name}, {language}, {size['width']}"
            problems += [f"{where}: {problem}" for problem in find_problems(page, language, name, size)]
            # Other colours change nothing else.
            for scheme in ["light", "dark"] if name in {"search", "text only"} else []:
                page.emulate_media(color_scheme=scheme)
                found = find_odd_colours(page, name, size, scheme)
                problems += [f"{where}, {scheme}: {problem}" for problem in found]
        problems += [
            f"{name}, {language}: {problem}" for problem in find_problems_elsewhere(page, language, name)
        ]
    return problems


def find_shifts_on_a_slow_line(page, site, addresses):
    problems = []
    for (language, name, query), size in itertools.product(SLOW_PAGES, [PHONE, DESKTOP]):
        page.set_viewport_size(size)
        page.goto(f"{site}/robots.txt")  # ARRIVE_IN_PARTS replaces it, and needs a page of the site
        page.evaluate(ARRIVE_IN_PARTS, addresses[language, name] + query)
        where = f"{name}{query}, {language}, {size['width']}, on a slow line"
        problems += [f"{where}: the layout shifts by {shift}" for shift in page.evaluate(SHIFTS, 0)]
    return problems
