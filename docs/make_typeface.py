"""Makes the typeface of the site: a subset of Source Serif 4 with the letters of English, French and Spanish.

Run it in a virtual environment of its own, after changing LETTERS or for a new version of the package:

    npm pack @fontsource-variable/source-serif-4@5.3.1
    pip install fonttools==4.68.0 brotli==1.2.1
    python docs/make_typeface.py fontsource-variable-source-serif-4-5.3.1.tgz

It writes the typeface and its licence to site_project/static/fonts/. It prints the descriptors for the font
face "Fitted Georgia" in site.css: Georgia, scaled so that a text takes as much room as in the typeface, for
browsers that have not loaded it.
"""

import io
import sys
import tarfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FOLDER = Path(__file__).parents[1] / "site_project" / "static" / "fonts"
SOURCE = "package/files/source-serif-4-latin-wght-normal.woff2"
# The licence reserves the name "Source" for the original, so a subset needs another name.
NAME = "Story Serif"
# Records of the font's table "name": those with the name of the family, and those whose name has no spaces.
FAMILY_NAME_IDS, POSTSCRIPT_NAME_IDS = (1, 4, 16), (3, 6, 25)
WEIGHTS = (400, 700)  # the lightest and the boldest of the range that stays
# The characters that English, French and Spanish texts need.
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "ŒœŸ–—‘’‚“”„•…‹›€−\u202f")]
# OpenType features that stay: kerning, ligatures, and the placing of accents.
FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "mkmk"]
# {letter: (its share in English texts in percent, its width in Georgia in 1/1000 em)}, without the rarest.
FREQUENCIES_AND_WIDTHS = {
    " ": (18, 241), "e": (10, 484), "t": (7.5, 346), "a": (6.7, 504), "o": (6.2, 539), "i": (5.8, 293),
    "n": (5.6, 591), "s": (5.2, 432), "h": (4.9, 582), "r": (4.9, 410), "d": (3.5, 575), "l": (3.3, 287),
    "c": (2.3, 454), "u": (2.3, 576), "m": (2, 880), "w": (1.9, 738), "f": (1.8, 325), "g": (1.7, 510),
    "y": (1.6, 493), "p": (1.6, 571), "b": (1.2, 560), "v": (0.8, 497), "k": (0.6, 535),
}  # fmt: skip


def read_package(path):
    """Return (TTFont, text of the licence) from the npm package at `path`, a .tgz file."""
    with tarfile.open(path) as package:
        font = TTFont(io.BytesIO(package.extractfile(SOURCE).read()))
        return font, package.extractfile("package/LICENSE").read().decode()


def make_subset(font):
    """Return `font` with only LETTERS, FEATURES and WEIGHTS, and with its new name."""
    # hinting: without it, the file is smaller. name_IDs: all names stay, as do the notices of copyright and
    # licence. notdef_outline: a letter that the typeface lacks is shown as a box.
    options = subset.Options(layout_features=FEATURES, hinting=False, name_IDs=["*"], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": WEIGHTS})
    for record in font["name"].names:
        if record.nameID in FAMILY_NAME_IDS:
            record.string = NAME
        elif record.nameID in POSTSCRIPT_NAME_IDS:
            record.string = NAME.replace(" ", "")
    return font


def fallback_descriptors(font):
    """Return the CSS descriptors that make Georgia take as much room as `font`, in width and height."""
    em, widths, cmap = font["head"].unitsPerEm, font["hmtx"], font.getBestCmap()
    rows = FREQUENCIES_AND_WIDTHS.items()
    ours = sum(share * widths[cmap[ord(letter)]][0] / em for letter, (share, _width) in rows)
    # How many times as wide as Georgia the typeface is, in an English text.
    adjusted = ours / sum(share * width / 1000 for _letter, (share, width) in rows)
    metrics = {
        "ascent": font["hhea"].ascent,
        "descent": -font["hhea"].descent,
        "line-gap": font["hhea"].lineGap,
    }
    overrides = [f"{name}-override: {value / em / adjusted:.1%};" for name, value in metrics.items()]
    return " ".join([f"size-adjust: {adjusted:.1%};", *overrides])


def main(path):
    """Write the typeface from the npm package at `path`, and print the descriptors."""
    font, licence = read_package(path)
    font = make_subset(font)
    font.flavor = "woff2"
    font.save(FOLDER / "story-serif.woff2")
    copyright_notice = font["name"].getDebugName(0)
    # The first line of the licence names its holder. The font's own copyright notice takes its place.
    _holder, _line, text = licence.partition("\n")
    (FOLDER / "story-serif-licence.txt").write_text(
        f"{NAME} is a subset of Source Serif 4.\n{copyright_notice}\n\n{text.lstrip()}", encoding="utf-8"
    )
    sys.stdout.write(f"{fallback_descriptors(font)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
