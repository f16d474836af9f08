// Functions that measure a page in a browser, or act in it. tests/support/measures.py reads them.

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
    const parts = [header, ...body.match(/.{100,}?>|.+$/gs)];
    while (parts.length) {
        await new Promise(requestAnimationFrame);
        const isBelow = document.body?.scrollHeight > 2 * innerHeight;
        document.write(isBelow ? parts.splice(0).join("") : parts.shift());
    }
    document.close();
    // The stylesheet at the end of the page moves nothing either.
    if (document.readyState !== "complete") await new Promise(resolve => addEventListener("load", resolve));
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

// Returns the name of the focused element, whether the focus is visible, and whether the element is on the
// screen. The focus is visible if it adds an outline or a shadow to the element. For the title of a card, the
// outline is around the card. Without a focused element, the result is null.
const FOCUS = () => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const around = element.closest(".card") ?? element;
    const isSolid = color => !/^(transparent|rgba\(.*, 0\))$/.test(color);
    const line = () => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(around);
        const width = outlineStyle === "none" || !isSolid(outlineColor) ? 0 : parseFloat(outlineWidth);
        return { width, boxShadow };
    };
    const focused = line();
    const box = element.getBoundingClientRect();
    element.blur();
    const other = line();
    element.focus({ preventScroll: true, focusVisible: true });
    return {
        name: element.innerText.trim() || element.name,
        isVisible: (focused.width > 0 && other.width === 0) || focused.boxShadow !== other.boxShadow,
        isOnScreen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
};

// Returns what is wrong: the button can't be clicked, the bar that holds it covers the focused element, or the
// button is lower than the 44 pixels that a finger needs (WCAG 2.5.5).
const OBSCURED = () => {
    const button = document.querySelector(".leave__link").getBoundingClientRect();
    const bar = document.querySelector(".leave").getBoundingClientRect();
    const hit = document.elementFromPoint(button.x + button.width / 2, button.y + button.height / 2);
    const focus = document.activeElement;
    const problems = [];
    if (!hit?.closest(".leave__link")) problems.push("the button is covered");
    // After the last element, the focus goes to the browser (here: body). The skip link is above the bar.
    const isBelow = !focus.matches("body, .skip-link, .leave__link");
    if (isBelow && focus.getBoundingClientRect().top < bar.bottom - 1)
        problems.push(`under the bar: ${focus.outerHTML.slice(0, 80)}`);
    if (button.height < 44) problems.push(`the button is ${button.height} high`);
    return problems;
};

// Returns the links to other sites, and those that tell the other site on which page they are.
const LINKS = () => {
    const leadsAway = ({protocol, host}) => protocol.startsWith("http") && host !== location.host;
    const isSilent = ({relList}) => relList.contains("noopener") && relList.contains("noreferrer");
    const links = [...document.links].filter(leadsAway);
    return [links.length, links.filter((link) => !isSilent(link)).map(({outerHTML}) => outerHTML)];
};

// Returns elements that would run a script, when clicked or when loaded. No page here has event attributes.
// The address of an SVG element is in `baseVal`.
const FIND = () => {
    const PROGRAM = /^(javascript|vbscript):/i;
    const all = [...document.querySelectorAll("*")];
    const runs = (element) => ["href", "src", "action", "formAction", "data"].some(
        (name) => PROGRAM.test(String(element[name]?.baseVal ?? element[name] ?? "")));
    const events = (element) => [...element.attributes].some(({name}) => name.startsWith("on"));
    const found = all.filter((element) => runs(element) || events(element));
    return found.map(({outerHTML}) => outerHTML.slice(0, 200));
};

// Clicks the buttons with the given names, and returns their number.
const CLICK = (names) => {
    const all = [...document.querySelectorAll("button")];
    const found = all.filter((button) => names.includes(button.ariaLabel ?? button.textContent.trim()));
    found.forEach((button) => button.click());
    return found.length;
};

// JavaScript function that drops files with these names on an element. Those with ".txt" or ".pdf" are no pictures.
const DROP = async (element, names) => {
    const data = new DataTransfer();
    for (const name of names) {
        const canvas = new OffscreenCanvas(60, 40);
        canvas.getContext("2d");  // without a context, a canvas can't become a file
        const type = name.endsWith(".pdf") ? "application/pdf" : "";
        const content = /\.(txt|pdf)$/.test(name) ? new Blob(["No picture."], {type}) : await canvas.convertToBlob();
        data.items.add(new File([content], name, {type: content.type}));
    }
    for (const type of ["dragover", "drop"]) {
        const event = new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true});
        element.dispatchEvent(event);
        if (!event.defaultPrevented) throw Error(`The browser would open the files: ${type}`);
    }
};

// JavaScript function that sends the form of a field, and tells whether this field's value keeps it back. The
// button is clicked here, because a key or a click of the pointer can miss it while the dialog moves.
const REFUSES = field => {
    let refused = false;
    field.addEventListener("invalid", () => { refused = true; });
    field.form.querySelector("button[type=submit]").click();
    return refused;
};

// Wagtail's page editor takes the content of the form for saved two seconds after it is ready. It saves what
// was typed before that only together with the next change. This script tells when that happens: data-watches
// is "yes" while the editor watches for changes, and data-watched counts how often it began to, as it does
// again after each autosave. Depending on the order in which scripts run, the editor is ready twice, and each
// time counts its own two seconds: it watches for changes after the last of them. With "force value", as after
// a refused submission, it counts none, and watches after its first autosave.
const COUNT_EVENTS = (() => {
    let watched = 0;
    let waiting = 0;
    const html = () => document.documentElement.dataset;
    document.addEventListener("DOMContentLoaded", () => { html().watched = watched; });
    document.addEventListener("w-unsaved:ready", ({target}) => {
        if (!watched && target.dataset.wUnsavedForceValue !== "true") waiting += 1;
    });
    document.addEventListener("w-unsaved:watch-edits", () => {
        waiting = Math.max(waiting - 1, 0);
        Object.assign(html(), {watched: ++watched, watches: waiting ? "no" : "yes"});
    });
})();

// Pastes HTML, if there is any, and text into an element. Returns whether the element tells of a change.
const PASTE = (element, [html, text]) => {
    const data = new DataTransfer();
    if (html) data.setData("text/html", html);
    data.setData("text/plain", text);
    let changed = false;
    element.addEventListener("change", () => { changed = true; }, {once: true});
    element.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    return changed;
};

// Pastes what is in `types`, {type: text}, into an element. The text of "image/png" is the name of a file.
const PASTE_TYPES = async (element, types) => {
    const data = new DataTransfer();
    for (const [type, content] of Object.entries(types)) {
        const canvas = new OffscreenCanvas(50, 40);
        canvas.getContext("2d");  // without a context, a canvas can't become a file
        if (type === "image/png") data.items.add(new File([await canvas.convertToBlob()], content, {type}));
        else data.setData(type, content);
    }
    element.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
};

// Returns styles of a page that differ from those of a page without the stylesheet of the site.
const LOOK = () => {
    const style = getComputedStyle(document.body);
    return [style.fontFamily, style.color, style.backgroundColor];
};

// Moves the fields for which a browser sends an empty value while they are half typed to the top of the page, each
// still in its form, because some are in menus and dialogs. Returns their names.
const SHOW_NUMBERS = () => {
    const all = document.querySelectorAll("form input:is([type=number], [type=time], [type=month], [type^=date])");
    return [...all].map((field, number) => {
        field.form.id ||= `form-${number}`;
        field.setAttribute("form", field.form.id);
        document.body.prepend(field);
        return field.name;
    });
};

// Returns the rows of cards that do not reach from one edge of their grid to the other: they have a hole.
const HOLES = () => [...document.querySelectorAll(".cards")].flatMap(grid => {
    const box = grid.getBoundingClientRect(), rows = {};
    for (const card of grid.children) {
        const { top, left, right } = card.getBoundingClientRect();
        (rows[Math.round(top)] ??= []).push(left, right);
    }
    const isWhole = edges => Math.min(...edges) < box.left + 2 && Math.max(...edges) > box.right - 2;
    return Object.values(rows).filter(edges => !isWhole(edges)).map(edges => `${grid.className} at ${edges}`);
});

// Returns what is wrong with the row of the menu and the link to the search on a phone: [] if nothing is.
const MENU_ROW = () => {
    const shown = [...document.querySelectorAll(".menu__link, .search-link")].filter(part => part.checkVisibility());
    const boxes = shown.map(part => part.getBoundingClientRect()).sort((one, other) => one.left - other.left);
    const isApart = boxes.every((box, number) => number === 0 || box.left >= boxes[number - 1].right);
    const isInWindow = boxes[0].left >= 0 && boxes.at(-1).right <= document.documentElement.clientWidth;
    const isOneRow = Math.max(...boxes.map(box => box.top)) < Math.min(...boxes.map(box => box.bottom)) - 20;
    const found = {"4 parts": shown.length === 4, apart: isApart, "in the window": isInWindow, "one row": isOneRow};
    return Object.keys(found).filter(name => !found[name]);
};

// Returns the places, in pixels from the start of the line, at which the main parts of a page begin.
const STARTS = () => [".brand__name", "h1", ".card__title a"].map(part => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(part));
    const { left, right } = range.getBoundingClientRect();
    return Math.round(document.dir === "rtl" ? document.documentElement.clientWidth - right : left);
});
