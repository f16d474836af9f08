"""Checks of a page in the browser: the rules of axe, what is wider than the screen, and broken words."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import expect

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
# The rules of WCAG 2.2 at the levels A and AA, and the best practices of axe.
ALL_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # by default, axe does not run it
    "resultTypes": ["violations"],  # of each rule that passes, axe returns only one element
}
RUN = """async ([within, options]) => {
    const { passes, violations } = await axe.run(within, options);
    return { passed: passes.length, violations };
}"""
# Returns a text if the page is wider than its window, and the HTML of the elements that stick out of it, or
# whose text is cut off because it does not fit into them.
# Text for screen readers may be cut off; tables, menus of sections and text in an input scroll by themselves.
# `clientWidth` is rounded to whole pixels, so an element may stick out by one.
TOO_WIDE = """() => {
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
}"""

# Returns the words of an element that are on more than one line.
BROKEN_WORDS = """(element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const broken = [];
    while (walker.nextNode()) {
        for (const found of walker.currentNode.data.matchAll(/[^\\s-]+/g)) {
            const range = document.createRange();
            range.setStart(walker.currentNode, found.index);
            range.setEnd(walker.currentNode, found.index + found[0].length);
            const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
            if (lines.size > 1) broken.push(found[0]);
        }
    }
    return broken;
}"""


def expect_to_fit(page):
    """Expect that neither the page nor its main part scrolls sideways. Wait while it is being laid out."""
    expect(page.locator("html")).to_have_js_property("scrollWidth", page.viewport_size["width"])
    main = page.locator("main")
    assert main.evaluate("(element) => { element.scrollLeft = 9999; return element.scrollLeft; }") == 0


def run_axe(page, options=ALL_RULES, within="html"):
    """Return what axe finds wrong in `page`, a line for each element. `within`: a CSS selector."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    result = page.evaluate(RUN, [within, options])
    assert result["passed"], "axe did not run"
    return [
        f"{violation['id']} at {node['target']}: {node['html'][:100]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
