"""The colours of each palette in site.css: text is readable on every background, in light and dark mode.

The browser tests look at some pages in some palettes only.
"""

import re

import pytest
from django.conf import settings

from home.models import SiteSettings

STYLE = (settings.BASE_DIR / "site_project/static/css/site.css").read_text(encoding="utf-8")
BACKGROUNDS = ["paper", "paper-raised", "paper-sunk", "note"]
# (colour of text, colour below it).
PAIRS = [(text, below) for text in ("ink", "ink-soft", "accent") for below in BACKGROUNDS]
PAIRS += [("accent-ink", "accent"), ("alarm-ink", "alarm")]


def colours_of(selector, mode):
    """Return {name: colour} of the variables of `selector`. `mode`: 0 for light colours, 1 for dark ones."""
    rule = re.search(rf"^{re.escape(selector)} {{(.*?)^}}", STYLE, re.MULTILINE | re.DOTALL)[1]
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6})\w*, (#\w{6})\w*\);", rule)
    assert len(found) == rule.count("light-dark(")
    return {name: both[mode] for name, *both in found}


def luminance(colour):
    """Return the relative luminance of `colour`, such as "#a3160f", as WCAG 2 defines it."""
    values = [each / 255 for each in bytes.fromhex(colour[1:])]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in values]
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(*colours):
    darker, lighter = sorted(map(luminance, colours))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("palette", SiteSettings.Palette.values)
def test_text_has_enough_contrast(palette, mode):
    colours = colours_of(":root", mode)
    if palette != SiteSettings.Palette.EARTH:  # the default
        own = colours_of(f".palette-{palette}", mode)
        # No rule changes a palette's colours in one part of a page.
        assert STYLE.count(f".palette-{palette}") == 1
        assert own.keys() <= colours.keys()
        colours |= own
    found = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in PAIRS}
    # WCAG 2 asks for 4.5 at least, at level AA.
    assert {pair: ratio for pair, ratio in found.items() if ratio < 4.5} == {}
