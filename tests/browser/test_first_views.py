"""What readers see first: how far down the header, pictures, words and results are, and their sizes."""

import itertools

import pytest

from home.models import FeaturedStory
from tests.support import builders
from tests.support.translations import make_home, make_translation

pytestmark = pytest.mark.one_database

# Sizes of the window.
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
LANGUAGES = ["en", "fr", "ar"]
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
# JavaScript function that returns by how many pixels the row of two stories is wider than they are.
ROOM_IN_ROW = """() => {
    const [first, second] = [...document.querySelectorAll(".listing .card")].map(
        card => card.getBoundingClientRect());
    const row = document.querySelector(".listing__stories").getBoundingClientRect();
    const end = Math.max(first.right, second.right), start = Math.min(first.left, second.left);
    return Math.round(row.width - (end - start));
}"""
# JavaScript function that returns the largest number of lines of the summaries below the first story.
SUMMARY_LINES = """() => Math.max(...Array.from(
    document.querySelectorAll(".card:not(.card--hero) .card__summary"),
    summary => Math.round(summary.offsetHeight / parseFloat(getComputedStyle(summary).lineHeight)),
))"""

TITLES = {
    "en": "Twelve workers go to court for safer work abroad",
    "fr": "Douze travailleuses saisissent la justice pour un travail plus sûr",
    "ar": "اثنا عشر كينيًّا وكينية يلجؤون إلى القضاء من أجل عمل أكثر أمانًا",
}
SUMMARIES = {
    "en": "Twelve people who were trafficked brought a case to protect those who work in other countries. "
    "They ask for rules on recruitment that are not only written down but also kept by all.",
    "fr": "Douze personnes victimes de la traite ont engagé une procédure pour protéger qui travaille à "
    "l’étranger. Elles demandent des règles de recrutement qui soient écrites, et aussi respectées.",
    "ar": "رفع اثنا عشر ناجيًا وناجية من الاتجار بالبشر دعوى لحماية العاملين في بلدان أخرى. وهم يطالبون "
    "بقواعد للتوظيف لا تُكتب فحسب بل تُحترم.",
}


@pytest.fixture
def addresses(transactional_db):
    """{(language, page in LIMITS): address} of a site with four stories in each language."""
    indexes = {"en": builders.make_index()}
    for language in LANGUAGES[1:]:
        indexes[language] = make_translation(indexes["en"], make_home(language), slug="stories")
    found = {}
    picture = builders.make_image()
    for language, index in indexes.items():
        stories = [make_story(language, index, picture, country) for country in ["KE", "KE", "SN", "SN"]]
        home = index.get_parent().specific
        home.headline = "Stories that light the way out of slavery"
        home.introduction = f"<p>{SUMMARIES[language][:120]}</p>"
        home.featured_stories = [FeaturedStory(story=story) for story in stories[:3]]
        home.save()
        prefix = "" if language == "en" else f"/{language}"
        word = TITLES[language].split()[-1]
        found |= {
            (language, "home"): f"{prefix}/",
            (language, "list"): index.url,
            (language, "country"): f"{index.url}country/kenya/",
            (language, "search"): f"{prefix}/search/?q={word}",
            (language, "story"): stories[0].url,
        }
    for title in ["Get help", "About this organisation", "Privacy"]:
        builders.make_plain_page(title, show_in_menus=title != "Privacy")
    return found


def make_story(language, index, picture, country):
    headings = [{"type": "heading", "value": {"text": f"Part {n}", "level": "2"}} for n in range(3)]
    # An average of several lines.
    words = " ".join([SUMMARIES[language]] * 4)
    own_words = {"type": "quote", "value": {"text": TITLES[language], "own_words": True}}
    return builders.make_story(
        TITLES[language],
        index,
        countries=[country],
        themes=["Work"] if language == "en" else [],
        authors=["Staff"],
        summary=SUMMARIES[language],
        body=[{"type": "text", "value": f"<p>{words}</p>"}, own_words, *headings],
        locale=index.locale,
        lead_image=picture,
        lead_image_decorative=True,
        content_notes=["forced_labour"],
        show_contents=True,
    )


def find_odd_sizes(page, language, width):
    sizes = page.evaluate(SIZES)
    for name, languages, widths, smallest, largest in STORY_SIZES:
        if language in languages.split() and width in widths and not smallest <= sizes[name] <= largest:
            yield f"{name}: {sizes[name]}, not {smallest} to {largest}"


def test_first_views_keep_to_their_limits(new_page, live_server, addresses):
    page, problems = new_page(), []
    for (language, name), address in addresses.items():
        page.goto(live_server.url + address, wait_until="domcontentloaded")
        # The typeface has no Arabic.
        if name == "story" and language != "ar" and (size := page.evaluate(USE_TYPEFACE)) > MAX_TYPEFACE:
            problems.append(f"the typeface has {size} KB")
        for (column, size), scheme in itertools.product(enumerate([PHONE, DESKTOP]), ["light", "dark"]):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            where = f"{name}, {language}, {size['width']}, {scheme}"
            places = page.evaluate(MEASURE, [selector for selector, _side in LIMITS[name]])
            problems += [
                f"{where}: {side} of {selector} at {places[selector][side]}, not below {limits[column]}"
                for (selector, side), limits in LIMITS[name].items()
                if places[selector][side] > limits[column]
            ]
            if name == "home" and (lines := page.evaluate(SUMMARY_LINES)) > 3:
                problems.append(f"{where}: a summary has {lines} lines")
            # Colours change no sizes.
            if name == "story" and scheme == "light":
                problems += [
                    f"{where}: {problem}" for problem in find_odd_sizes(page, language, size["width"])
                ]
            if name == "story" and len(set(edges := page.evaluate(EDGES))) > 1:
                problems.append(f"{where}: title, picture and words begin at {edges}")
            if name == "country" and (room := page.evaluate(ROOM_IN_ROW)):
                problems.append(f"{where}: two stories leave {room} pixels of their row")
            if name in {"list", "search"}:
                is_open = page.locator(".facet__choice").first.is_visible()
                if is_open != (size == DESKTOP):
                    problems.append(f"{where}: the filters are {'open' if is_open else 'closed'}")
    assert not problems, "\n".join(problems)


# JavaScript function that returns {palette and colour of a panel: its contrast with the page, as WCAG defines
# it}.
PANELS = """() => {
    const light = colour => {
        const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(value => value / 255)
            .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const probe = document.body.appendChild(document.createElement("div"));
    const found = {};
    for (const palette of ["earth", "sea", "forest"]) {
        document.documentElement.className = `palette-${palette}`;
        for (const name of ["paper-raised", "paper-sunk", "note"]) {
            const [panel, paper] = [name, "paper"].map(variable => {
                probe.className = "";
                probe.style.backgroundColor = `var(--${variable})`;
                return light(getComputedStyle(probe).backgroundColor);
            });
            found[`${palette} ${name}`] = Math.max(panel, paper) / Math.min(panel, paper);
        }
    }
    return found;
}"""


def test_panels_stand_out_from_the_page_in_dark_colours(new_page, live_server):
    page = new_page(color_scheme="dark")
    page.goto(f"{live_server.url}/search/")
    contrasts = page.evaluate(PANELS)
    assert len(contrasts) == 9  # three palettes with three colours of panels
    assert min(contrasts.values()) >= 1.25, contrasts  # as site.css says beside its colours
