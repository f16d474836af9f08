"""Decides which numbers, names, strings and other small values may stay in a PDF.

Each function of SCALARS takes the Cleaner and a value, and returns the value that may stay, or None.
"""

import re
from decimal import Decimal

from pikepdf import Array, Dictionary, Name, Stream, String

from media.sanitizer.pdf_schema import STANDARD_NAMES, alternatives

SAFE_ADDRESS = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
# Word, LibreOffice and InDesign offer the file's path as the description of a picture.
FILE_NAME = re.compile(
    r"\.(jpe?g|png|heic|gif|tiff?|webp|pdf|docx?|psd|ai|eps|indd)\s*$|\b\w:\\|\\\\|file:|(^|\s)(/[^/\s]+){2,}",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"[A-Za-z]{0,8}[-_.]?\d{1,12}")
LANGUAGE = re.compile(r"[A-Za-z0-9-]{0,20}")


def text_of(value, pattern):
    return value if isinstance(value, String) and pattern.fullmatch(str(value)) else None


def is_safe_action(value):
    if value.get("/S") == "/URI":
        return SAFE_ADDRESS.match(str(value.get("/URI", ""))) is not None
    return value.get("/S") == "/GoTo" and "/D" in value


def description(_cleaner, value):
    return value if isinstance(value, String) and not FILE_NAME.search(str(value)) else None


def destination(cleaner, value):
    """Return an explicit destination: a page of this file, how to show it, and where."""
    if not isinstance(value, Array) or not len(value) or page_of_file(cleaner, value[0]) is None:
        return None
    rest = list(value)[1:]
    if all(item is None or isinstance(item, (int, float, Decimal, Name)) for item in rest):
        return value
    return None


def page_of_file(cleaner, value):
    return value if isinstance(value, Dictionary) and value.objgen in cleaner.pages else None


def known(cleaner, value):
    is_known = isinstance(value, (Dictionary, Stream)) and value.is_indirect and value.objgen in cleaner.known
    return value if is_known else None


def colour(cleaner, value):
    """Return a colour space with its parts cleaned.

    A profile of a device has the device's name and dates in it. It is replaced by plain grey, RGB or CMYK.
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
        found = cleaner.fit(part, rule)
        if found is None:
            return None
        parts.append(found)
    return Array(parts)


COLOUR_PARTS = {
    family: [alternatives(part) for part in parts.split()]
    for family, parts in {
        "/CalGray": "calibrated",
        "/CalRGB": "calibrated",
        "/Lab": "calibrated",
        "/DeviceGray": "",
        "/DeviceRGB": "",
        "/DeviceCMYK": "",
        "/G": "",
        "/RGB": "",
        "/CMYK": "",
        "/Indexed": "colour number words|data",
        "/Pattern": "colour",
        "/Separation": "label colour function|sampled",
        "/DeviceN": "*label colour function|sampled",
    }.items()
}

SCALARS = {
    "number": lambda _c, v: v if isinstance(v, (int, float, Decimal)) else None,
    "bool": lambda _c, v: v if isinstance(v, bool) else None,
    "name": lambda _c, v: v if isinstance(v, Name) and str(v)[1:] in STANDARD_NAMES else None,
    "label": lambda _c, v: v if isinstance(v, Name) else None,
    "words": lambda _c, v: v if isinstance(v, String) else None,
    "lang": lambda _c, v: text_of(v, LANGUAGE),
    "id": lambda _c, v: text_of(v, IDENTIFIER),
    "address": lambda _c, v: v if isinstance(v, String) and SAFE_ADDRESS.match(str(v)) else None,
    "anonymous": lambda _c, v: String("Layer"),
    "description": description,
    "destination": destination,
    "page_of_file": page_of_file,
    "known": known,
    "colour": colour,
}
