// Functions that measure a page for readers in a browser. tests/support/measures.py reads them.

// Shows a story in the typeface of the style sheet, and returns how many KB that has. It is "optional" in the
// style sheet, so a slow machine wouldn't show it.
const USE_TYPEFACE = async () => {
    const [sheet] = [...document.styleSheets].filter(sheet => sheet.href.includes("site"));
    const style = [...sheet.cssRules].find(rule => rule instanceof CSSFontFaceRule).style;
    if (style.fontWeight !== "400 700" || style.fontDisplay !== "optional") throw new Error(style.cssText);
    const address = new URL(style.getPropertyValue("src").match(/url\("(.+?)"\)/)[1], sheet.href);
    const data = await (await fetch(address)).arrayBuffer();
    document.fonts.add(await new FontFace("Story Serif", data, {weight: style.fontWeight}).load());
    const family = getComputedStyle(document.querySelector(".prose")).fontFamily;
    if (!family.startsWith('"Story Serif"')) throw new Error(family);
    return data.byteLength / 1024;
};

// Returns {name: size} of a story.
const SIZES = () => {
    const find = selector => document.querySelector(selector);
    const px = (selector, name) => parseFloat(getComputedStyle(find(selector))[name]);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const box = selector => find(selector).getBoundingClientRect();
    const [picture, contents, words] = [".story__lead img", ".contents", ".block--text p"].map(box);
    const rtl = document.dir === "rtl";
    const text = find(".block--text p");
    // Vowel signs of Arabic take no room.
    const letters = text.textContent.replace(/\p{M}/gu, "").length;
    const lines = words.height / parseFloat(getComputedStyle(text).lineHeight);
    const own = box(".quote--own-words");
    const byline = find(".byline");
    const ends = [...document.querySelectorAll("td.number")].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        const { fontVariantNumeric } = getComputedStyle(cell);
        if (fontVariantNumeric !== "tabular-nums") throw new Error(fontVariantNumeric);
        return range.getBoundingClientRect().right;
    });
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
        "words, width in rem": words.width / rem,
        "byline, lines": Math.round(byline.offsetHeight / parseFloat(getComputedStyle(byline).lineHeight)),
        "numbers, distance between their right ends in pixels": Math.max(...ends) - Math.min(...ends),
    };
    for (const name in found) found[name] = Math.round(found[name] * 100) / 100;
    return found;
};

// Returns the widths of a story's byline at which a dot is shown at the beginning of a line, or is missing
// between two parts in one line.
const LONE_DOTS = () => {
    const byline = document.querySelector(".byline"), odd = [];
    for (let width = 100; width < 330; width += 10) {
        byline.style.inlineSize = `${width}px`;
        const all = byline.getBoundingClientRect();
        for (const dot of byline.querySelectorAll(".byline__dot")) {
            const box = dot.getBoundingClientRect(), part = dot.parentElement.getBoundingClientRect();
            const before = dot.parentElement.previousElementSibling.getBoundingClientRect();
            const isInside = box.left >= all.left && box.right <= all.right;
            const isSeen = isInside || getComputedStyle(byline).overflowX !== "clip";
            if (isSeen !== (before.top === part.top)) odd.push(width);
        }
    }
    byline.style.inlineSize = "";
    return odd;
};

// Returns the colours of a text-only page and of its links, and its width.
const TEXT_ONLY = () => [
    getComputedStyle(document.body).backgroundColor,
    getComputedStyle(document.querySelector("a")).color,
    document.querySelector("main").offsetWidth,
];

// Returns {selector: {side: pixels from the top of the page}}.
const MEASURE = selectors => Object.fromEntries(selectors.map(selector => {
    const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
    return [selector, { top: Math.round(top + scrollY), bottom: Math.round(bottom + scrollY) }];
}));

// Returns the edges at which the parts of a story begin: left ones, or right ones if the page is read from
// right to left.
const EDGES = () => [
    ".story__title", ".story__lead img", ".block--text p", ".quote--own-words",
].map(selector => {
    const { left, right } = document.querySelector(selector).getBoundingClientRect();
    return Math.round(document.dir === "rtl" ? right : left);
});

// Returns how many items are in each row of a grid. Of a row that they don't fill, it returns a text.
const COUNT_IN_ROWS = selector => {
    const grid = document.querySelector(selector);
    const { width } = grid.getBoundingClientRect();
    const boxes = Array.from(grid.children, item => item.getBoundingClientRect());
    const rows = Object.values(Object.groupBy(boxes, box => Math.round(box.top)));
    return rows.map(row => {
        const end = Math.max(...row.map(box => box.right)), start = Math.min(...row.map(box => box.left));
        const room = Math.round(width - (end - start));
        return room ? `${row.length} and ${room} pixels` : row.length;
    });
};

// Returns the largest number of lines of the summaries below the first story.
const SUMMARY_LINES = () => Math.max(...Array.from(
    document.querySelectorAll(".card:not(.card--hero) .card__summary"),
    summary => Math.round(summary.offsetHeight / parseFloat(getComputedStyle(summary).lineHeight)),
));

// Returns {palette and colour of a panel: its contrast with the page, as WCAG defines it} in dark colours,
// and {} in light ones.
const PANELS = () => {
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
                probe.style.backgroundColor = `var(--${variable})`;
                return light(getComputedStyle(probe).backgroundColor);
            });
            found[`${name} ${colour}`] = Math.max(panel, paper) / Math.min(panel, paper);
        }
    }
    document.documentElement.className = palette;
    probe.remove();
    return found;
};

// Returns the width of the widest column, without the room at its sides.
const WIDTH = () => Math.max(...Array.from(document.querySelectorAll("main .wrap-wide"), column => {
    const { width, paddingLeft, paddingRight } = getComputedStyle(column);
    return Math.round(parseFloat(width) - parseFloat(paddingLeft) - parseFloat(paddingRight));
}));

// Returns a list of what is wrong with a page in Arabic.
const ODD_IN_ARABIC = () => {
    const left = selector => document.querySelector(selector).getBoundingClientRect().left;
    const files = performance.getEntriesByType("resource");
    const found = {
        "it is read from the left": document.dir !== "rtl",
        "the search is on the right": left(".brand__name") <= left(".site-header .search-form"),
        "a typeface is loaded": files.some(({ name }) => name.includes("woff2")),
        "no Naskh": !getComputedStyle(document.querySelector("h1")).fontFamily.includes("Naskh"),
    };
    return Object.keys(found).filter(problem => found[problem]);
};

// Returns what is wrong with a printed story. The help line is above it, so that it is never alone on the last
// page.
const ODD_ON_PAPER = () => {
    const top = selector => document.querySelector(selector).getBoundingClientRect().top;
    const size = selector => parseFloat(getComputedStyle(document.querySelector(selector)).fontSize);
    if (top(".help-line") >= top("main")) return "the help line is below the story";
    if (size(".callout p") > size(".block--text p")) return "a callout is larger than the prose";
};

// Returns a text for each layout shift since the page was requested: how large it is, and what moved. It
// returns none if their sum is `limit` at most.
const SHIFTS = limit => new Promise(resolve => {
    const moved = ({ sources }) => sources.map(({ node }) => node?.outerHTML?.slice(0, 80));
    const describe = entries => {
        if (entries.reduce((sum, { value }) => sum + value, 0) <= limit) return [];
        return entries.map(entry => `${entry.value.toFixed(4)}, ${moved(entry)}`);
    };
    const observer = new PerformanceObserver(list => resolve(describe(list.getEntries())));
    observer.observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(describe(observer.takeRecords()))));
});

// Replaces the page by the one at `address`, and lets its HTML arrive in parts: each ends with a tag, and is
// shown before the next one arrives. What is below the second screen arrives at once. So does the header of
// the page: on a desktop, its links to other languages end at the side of the page, so the first ones move as
// more of them arrive (by 0.0009 with three languages).
const ARRIVE_IN_PARTS = async address => {
    const [head, header, body] = (await (await fetch(address)).text()).split(/(?=<body)|(?=<main)/);
    document.open();
    document.write(head);
    const link = document.querySelector("link[rel=stylesheet]");
    if (!link.sheet) await new Promise((resolve, reject) => [link.onload, link.onerror] = [resolve, reject]);
    const parts = [header, ...body.match(/.{100,}?>|.+$/gs)];
    while (parts.length) {
        await new Promise(requestAnimationFrame);
        const isBelow = document.body?.scrollHeight > 2 * innerHeight;
        document.write(isBelow ? parts.splice(0).join("") : parts.shift());
    }
    document.close();
};

// Returns a text if the page is wider than its window, and the HTML of the elements that stick out of it, or
// whose text is cut off because it does not fit into them.
// Text for screen readers may be cut off; tables, menus of sections and text in an input scroll by themselves.
// `clientWidth` is rounded to whole pixels, so an element may stick out by one.
const TOO_WIDE = () => {
    const root = document.documentElement;
    const problems = [];
    if (root.scrollWidth > root.clientWidth) problems.push(`the page is ${root.scrollWidth} wide`);
    for (const element of document.body.querySelectorAll("*")) {
        if (element.closest(".visually-hidden, .skip-link")) continue;
        if (element.closest(".table-scroll, .section-menu__list")) continue;
        const sticksOut = element.getBoundingClientRect().right > root.clientWidth + 1;
        const isCut = getComputedStyle(element).overflowX !== "visible"
            && element.scrollWidth > element.clientWidth && element.tagName !== "INPUT";
        if (sticksOut || isCut) problems.push(element.outerHTML.slice(0, 80));
    }
    return problems;
};

// Returns the words of an element that are on more than one line.
const BROKEN_WORDS = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const broken = [];
    while (walker.nextNode()) {
        for (const found of walker.currentNode.data.matchAll(/[^\s-]+/g)) {
            const range = document.createRange();
            range.setStart(walker.currentNode, found.index);
            range.setEnd(walker.currentNode, found.index + found[0].length);
            const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (lines.size > 1) broken.push(found[0]);
        }
    }
    return broken;
};

