"""Decides which numbers, names, strings and other simple values may stay in a PDF.

Each function in SCALARS takes the Cleaner of the file and a value. It returns the value for the new file, or
None to leave the value out. The keys of SCALARS are used in the rules of pdf_schema.py.
"""

import re
from decimal import Decimal

from pikepdf import Array, Dictionary, Name, Stream, String

from media.sanitizer.paths import is_not_path
from media.sanitizer.pdf_schema import STANDARD_NAMES, parse_alternatives

SAFE_ADDRESS = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
# IDs that programs number. A longer text could be a name.
IDENTIFIER = re.compile(r"[A-Za-z]{0,8}[-_.]?\d{1,12}")
LANGUAGE = re.compile(r"[A-Za-z0-9-]{0,20}")


def matching_text(value, pattern):
    return value if isinstance(value, String) and pattern.fullmatch(str(value)) else None


def is_safe_action(value):
    """Return whether the action `value` only leads to the web, an e-mail, a phone or a place in the file."""
    if value.get("/S") == "/URI":
        return SAFE_ADDRESS.match(str(value.get("/URI", ""))) is not None
    return value.get("/S") == "/GoTo" and "/D" in value


def description(_cleaner, value):
    """Allow a text that is no path. Word, LibreOffice and InDesign describe a picture by its path."""
    return value if isinstance(value, String) and is_not_path(str(value)) else None


def title(cleaner, value):
    """Replace a title that is a path: a bookmark must have one."""
    return description(cleaner, value) or String("-")


def destination(cleaner, value):
    """Allow an explicit destination: an array of a page of this file, a display mode, and coordinates."""
    has_page = isinstance(value, Array) and len(value) and page_of_file(cleaner, value[0]) is not None
    rest = list(value)[1:] if has_page else ()
    is_plain = all(item is None or isinstance(item, (int, float, Decimal, Name)) for item in rest)
    return value if has_page and is_plain else None


def page_of_file(cleaner, value):
    return value if isinstance(value, Dictionary) and value.objgen in cleaner.pages else None


def reached(cleaner, value):
    """Allow a reference to an object that the Cleaner has reached before, so it is part of the new file."""
    is_reference = isinstance(value, (Dictionary, Stream)) and value.is_indirect
    return value if is_reference and value.objgen in cleaner.reached else None


def colour(cleaner, value):
    """Return a colour space with its parts cleaned, or None.

    A colour profile (ICCBased) names a device, and has dates. The number of its colours, /N, decides whether
    DeviceGray, DeviceRGB or DeviceCMYK replaces it.
    """
    if isinstance(value, Name):
        return value
    if not isinstance(value, Array) or not len(value):
        return None
    family = str(value[0])
    if family == "/ICCBased":
        colours = value[1].get("/N")
        return {1: Name.DeviceGray, 3: Name.DeviceRGB, 4: Name.DeviceCMYK}.get(colours)
    rules = COLOUR_PARTS.get(family)
    if rules is None:
        return None
    parts = [value[0]]
    for part, rule in zip(list(value)[1:], rules, strict=False):
        found = cleaner.filter_value(part, rule)
        if found is None:
            return None
        parts.append(found)
    return Array(parts)


# {family of colour spaces: alternatives for each part after the family}.
COLOUR_PARTS = {
    family: [parse_alternatives(part) for part in parts.split()]
    for family, parts in {
        **dict.fromkeys(["/CalGray", "/CalRGB", "/Lab"], "calibrated"),
        **dict.fromkeys(["/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/G", "/RGB", "/CMYK"], ""),
        "/Indexed": "colour number text|data",
        "/Pattern": "colour",
        "/Separation": "label colour function|sampled",
        "/DeviceN": "*label colour function|sampled",
    }.items()
}

# {kind: function that takes the Cleaner and a value}. A "name" is one that the standard defines, a "label"
# one that the file does, such as that of a font. The name of a layer is replaced: it could tell something.
SCALARS = {
    "number": lambda _c, v: v if isinstance(v, (int, float, Decimal)) else None,
    "bool": lambda _c, v: v if isinstance(v, bool) else None,
    "name": lambda _c, v: v if isinstance(v, Name) and str(v)[1:] in STANDARD_NAMES else None,
    "label": lambda _c, v: v if isinstance(v, Name) else None,
    "text": lambda _c, v: v if isinstance(v, String) else None,
    "lang": lambda _c, v: matching_text(v, LANGUAGE),
    "id": lambda _c, v: matching_text(v, IDENTIFIER),
    "address": lambda _c, v: v if isinstance(v, String) and SAFE_ADDRESS.match(str(v)) else None,
    "anonymous": lambda _c, v: String("Layer"),
    "description": description,
    "title": title,
    "destination": destination,
    "page_of_file": page_of_file,
    "reached": reached,
    "colour": colour,
}
