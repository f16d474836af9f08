"""No page type breaks a rule that axe knows, light or dark, on a telephone or a wide screen."""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.browser.site import make_site

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # axe has it off
    "resultTypes": ["violations"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule(new_page, live_server, allow_errors, scheme):
    allow_errors.append("404 (Not Found)")
    site = make_site()
    # Contrast is not measured halfway through a transition.
    page = new_page(color_scheme=scheme, reduced_motion="reduce")
    problems = []
    for name, address in site.addresses.items():
        response = page.goto(live_server.url + address)
        assert response.status == (404 if name == "404" else 200), name
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        page.evaluate(AXE)
        for width in [360, 1280]:
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{name}, {width} wide: {problem}" for problem in run_axe(page)]
    assert not problems, "\n".join(problems)


def run_axe(page):
    """Return what axe finds wrong in the page, a line for each element."""
    result = page.evaluate("options => axe.run(document, options)", OPTIONS)
    assert result["passes"], "axe did not run"
    return [
        f"{violation['id']} at {node['target']}: {node['html'][:100]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
