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
    found = [(violation["id"], node) for violation in result["violations"] for node in violation["nodes"]]
    return [f"{rule} at {node['target']}: {node['html'][:100]}" for rule, node in found]
