"""What readers see first: how far down the header, pictures, words and results are, and their sizes."""

import pytest

from tests.support.three_languages import make_site_in_three_languages

pytestmark = pytest.mark.sqlite_only

# Sizes of the window.
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# {page: {(selector, side): (limit on a phone, limit on a desktop)}}. A limit is the largest distance of that
# side from the top of the page, in CSS pixels. (740, 800) is the height of the window.
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
}
# The sizes of a story that are tested: [(name in SIZES, languages, widths of the window, minimum, maximum)].
STORY_SIZES = [
    ("picture, width by height", "en fr ar", (360, 1280), 1.98, 2.02),
    ("picture, width in rem", "en fr ar", (1280,), 72, 72),
    ("second heading in rem", "en fr ar", (360, 1280), 1.4, 1.65),
    ("title, line height", "ar", (360, 1280), 1.5, 1.5),
    ("words, line height", "ar", (360, 1280), 1.8, 1.8),
    ("characters a line", "en fr ar", (360,), 36, 40),
    # The mark hangs outside of the edge of the page.
    ("own words, room beside their mark in pixels", "en fr ar", (360, 1280), 0, 1280),
    # The contents are beside the words and reach the end of the picture.
    ("contents, distance from the end in rem", "en fr ar", (1280,), 0, 0),
    ("contents, distance from the words in rem", "en fr ar", (1280,), 3, 5),
]
MAX_TYPEFACE = 30  # KB
# JavaScript function that shows a story in the typeface of the style sheet, and returns how many KB that has.
# It is "optional" in the style sheet, so a slow machine wouldn't show it.
USE_TYPEFACE = """async () => {
    const [sheet] = [...document.styleSheets].filter(sheet => sheet.href.includes("site"));
    const style = [...sheet.cssRules].find(rule => rule instanceof CSSFontFaceRule).style;
    if (style.fontWeight !== "400 700" || style.fontDisplay !== "optional") throw new Error(style.cssText);
    const address = new URL(style.getPropertyValue("src").match(/url\\("(.+?)"\\)/)[1], sheet.href);
    const data = await (await fetch(address)).arrayBuffer();
    document.fonts.add(await new FontFace("Story Serif", data, {weight: style.fontWeight}).load());
    const family = getComputedStyle(document.querySelector(".prose")).fontFamily;
    if (!family.startsWith('"Story Serif"')) throw new Error(family);
    return data.byteLength / 1024;
}"""
# JavaScript function that returns {name: size} of a story.
SIZES = """() => {
    const find = selector => document.querySelector(selector);
    const px = (selector, name) => parseFloat(getComputedStyle(find(selector))[name]);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = selector => find(selector).getBoundingClientRect();
    const [picture, contents, words] = [".story__lead img", ".contents", ".block--text p"].map(box);
    const rtl = document.dir === "rtl";
    const text = find(".block--text p");
    // Vowel signs of Arabic take no room.
    const letters = text.textContent.replace(/\\p{M}/gu, "").length;
    const lines = words.height / parseFloat(getComputedStyle(text).lineHeight);
    const own = box(".quote--own-words");
    const mark = parseFloat(getComputedStyle(find(".quote--own-words p"), "::before").width);
    const found = {
        "picture, width by height": picture.width / picture.height,
        "picture, width in rem": picture.width / rem,
        "second heading in rem": px(".prose h2", "fontSize") / rem,
        "title, line height": px(".story__title", "lineHeight") / px(".story__title", "fontSize"),
        "words, line height": px(".prose", "lineHeight") / px(".prose", "fontSize"),
        "characters a line": letters / lines,
        "own words, room beside their mark in pixels": (rtl ? innerWidth - own.right : own.left) - mark,
        "contents, distance from the end in rem":
            (rtl ? contents.left - picture.left : picture.right - contents.right) / rem,
        "contents, distance from the words in rem":
            (rtl ? words.left - contents.right : contents.left - words.right) / rem,
    };
    for (const name in found) found[name] = Math.round(found[name] * 100) / 100;
    return found;
}"""
# JavaScript function that returns {selector: {side: pixels from the top of the page}}.
MEASURE = """selectors => Object.fromEntries(selectors.map(selector => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return [selector, { top: Math.round(top + scrollY), bottom: Math.round(bottom + scrollY) }];
}))"""
# JavaScript function that returns the edges at which the parts of a story begin: left ones, or right ones if
# the page is read from right to left.
EDGES = """() => [
    ".story__title", ".story__lead img", ".block--text p", ".quote--own-words",
].map(selector => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return Math.round(document.dir === "rtl" ? right : left);
})"""
# {page: (selector of a grid, {number of its items: the items in each row, on a desktop})}
ROWS = {
    "home": (".cards--featured", {1: [1], 2: [1, 1], 3: [1, 2]}),
    "country": (".cards--list", {1: [1], 2: [2]}),
    "story": (".gallery", {3: [1, 2], 5: [2, 3]}),
}
# JavaScript function that returns how many items are in each row of a grid, if it has so many. Of a row that
# they don't fill, it returns a text. The grid is a copy, which is taken away.
COUNT_IN_ROWS = """([selector, count]) => {
    const original = document.querySelector(selector), grid = original.cloneNode(true);
    original.replaceWith(grid);
    while (grid.children.length > count) grid.lastElementChild.remove();
    while (grid.children.length < count) grid.append(grid.lastElementChild.cloneNode(true));
    const { width } = grid.getBoundingClientRect();
    const boxes = Array.from(grid.children, item => item.getBoundingClientRect());
    const rows = Object.values(Object.groupBy(boxes, box => Math.round(box.top)));
    grid.replaceWith(original);
    return rows.map(row => {
        const end = Math.max(...row.map(box => box.right)), start = Math.min(...row.map(box => box.left));
        const room = Math.round(width - (end - start));
        return room ? `${row.length} and ${room} pixels` : row.length;
    });
}"""
# JavaScript function that returns the largest number of lines of the summaries below the first story.
SUMMARY_LINES = """() => Math.max(...Array.from(
    document.querySelectorAll(".card:not(.card--hero) .card__summary"),
    summary => Math.round(summary.offsetHeight / parseFloat(getComputedStyle(summary).lineHeight)),
))"""

# JavaScript function that returns {palette and colour of a panel: its contrast with the page, as WCAG defines
# it} in dark colours, and {} in light ones.
PANELS = """() => {
    if (!matchMedia("(prefers-color-scheme: dark)").matches) return {};
    const light = colour => {
        const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(value => value / 255)
            .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const probe = document.body.appendChild(document.createElement("div"));
    const palette = document.documentElement.className, found = {};
    for (const name of ["earth", "sea", "forest"]) {
        document.documentElement.className = `palette-${name}`;
        for (const colour of ["paper-raised", "paper-sunk", "note"]) {
            const [panel, paper] = [colour, "paper"].map(variable => {
                probe.className = "";
                probe.style.backgroundColor = `var(--${variable})`;
                return light(getComputedStyle(probe).backgroundColor);
            });
            found[`${name} ${colour}`] = Math.max(panel, paper) / Math.min(panel, paper);
        }
    }
    document.documentElement.className = palette;
    probe.remove();
    return found;
}"""
# JavaScript function that returns the width of the widest column, without the room at its sides.
WIDTH = """() => Math.max(...Array.from(document.querySelectorAll("main .wrap-wide"), column => {
    const { width, paddingLeft, paddingRight } = getComputedStyle(column);
    return Math.round(parseFloat(width) - parseFloat(paddingLeft) - parseFloat(paddingRight));
}))"""
# JavaScript function that returns what is wrong with a printed story. The help line is above it, so that it
# is never alone on the last page.
ODD_ON_PAPER = """() => {
    const top = selector => document.querySelector(selector).getBoundingClientRect().top;
    const size = selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize);
    if (top(".help-line") >= top("main")) return "the help line is below the story";
    if (size(".callout p") > size(".block--text p")) return "a callout is larger than the prose";
}"""


@pytest.fixture
def addresses(transactional_db):
    """{(language, page in LIMITS): address} of a site with four stories in each language."""
    return make_site_in_three_languages()


def find_odd_sizes(page, language, width):
    sizes = page.evaluate(SIZES)
    for name, languages, widths, smallest, largest in STORY_SIZES:
        if language in languages.split() and width in widths and not smallest <= sizes[name] <= largest:
            yield f"{name}: {sizes[name]}, not {smallest} to {largest}"


def find_odd_rows(page, name, size):
    """Yield what is wrong with the rows of a grid on the page `name`. On a phone, each has one item."""
    selector, rows_by_count = ROWS.get(name, ("", {}))
    for count, rows in rows_by_count.items():
        expected = rows if size == DESKTOP else [1] * count
        if (found := page.evaluate(COUNT_IN_ROWS, [selector, count])) != expected:
            yield f"{count} of {selector} are in rows of {found}, not {expected}"


def find_problems(page, language, name, size):
    """Yield what is wrong with the page `name` in a window of `size`."""
    places = page.evaluate(MEASURE, [selector for selector, _side in LIMITS[name]])
    for (selector, side), limits in LIMITS[name].items():
        place, limit = places[selector][side], limits[size == DESKTOP]
        if place > limit:
            yield f"{side} of {selector} at {place}, not below {limit}"
    yield from find_odd_rows(page, name, size)
    if name == "home" and (lines := page.evaluate(SUMMARY_LINES)) > 3:
        yield f"a summary has {lines} lines"
    if name == "story":
        yield from find_odd_sizes(page, language, size["width"])
        if len(set(edges := page.evaluate(EDGES))) > 1:
            yield f"title, picture and words begin at {edges}"
    if name == "search":
        # As site.css says beside its colours.
        yield from (f"{panel} is {c:.2f}:1" for panel, c in page.evaluate(PANELS).items() if c < 1.25)
    # Closed on a phone, and open beside the words on a desktop.
    if folded := {"list": ".facet__choice", "search": ".facet__choice", "story": ".contents ol"}.get(name):
        is_open = page.locator(folded).first.is_visible()
        if is_open != (size == DESKTOP):
            yield f"{folded} is {'open' if is_open else 'closed'}"


def find_problems_elsewhere(page, name):
    """Yield what is wrong with the page `name` in other windows, on paper, and for other programs."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    if (width := page.evaluate(WIDTH)) < 1368:  # 72 rem of 19 pixels
        yield f"of 1920 pixels, {width} are used"
    if name in {"home", "list"} and not page.locator("meta[property='og:image']").count():
        yield "no og:image"
    if name == "home" and page.locator(".card--hero img").get_attribute("loading"):
        yield "the first picture is loaded late"
    if name == "country" and page.locator(".filters").count():
        yield "two stories have filters"
    for width in (991, 992) if name == "list" else ():  # 62 em are 992 pixels
        page.set_viewport_size({"width": width, "height": 800})
        if page.locator(".facet__choice").first.is_visible() != (width == 992):
            yield f"the filters are not as expected at {width} pixels"
    if name == "story":
        page.emulate_media(media="print")
        if printed := page.evaluate(ODD_ON_PAPER):
            yield f"on paper: {printed}"
        page.emulate_media(media="screen")


def test_first_views_keep_to_their_limits(new_page, live_server, addresses):
    page, problems = new_page(), []
    for (language, name), address in addresses.items():
        page.goto(live_server.url + address, wait_until="domcontentloaded")
        # The typeface has no Arabic.
        if name == "story" and language != "ar" and (size := page.evaluate(USE_TYPEFACE)) > MAX_TYPEFACE:
            problems.append(f"the typeface has {size} KB")
        for scheme in ["light", "dark"]:
            page.emulate_media(color_scheme=scheme)
            for size in [PHONE, DESKTOP]:
                page.set_viewport_size(size)
                where = f"{name}, {language}, {size['width']}, {scheme}"
                problems += [f"{where}: {problem}" for problem in find_problems(page, language, name, size)]
            where = f"{name}, {language}, {scheme}"
            problems += [f"{where}: {problem}" for problem in find_problems_elsewhere(page, name)]
    assert not problems, "\n".join(problems)
