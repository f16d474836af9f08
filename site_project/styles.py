"""The style of the first screen, which is in each page, so that it is painted without another request.

It is css/site.css without the parts that are marked as later, and in a story without those for lists. The end
of the page links to the whole file.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from django.templatetags.static import static

SITE_STYLE = Path(__file__).parent / "static/css/site.css"
# What stories and other pages leave out: names of parts, which begin with "/* === <name>".
LEFT_OUT = {"story": "Later|Lists", "other": "Later"}


@cache
def first_screen_style(kind):
    """Return the content of the element `style`. Its typeface has the address of the stored file.

    `kind`: one of LEFT_OUT.
    """
    parts = rf"/\* === (?:{LEFT_OUT[kind]}).*?(?=/\* === |\Z)"
    style = re.sub(parts, "", SITE_STYLE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\.\./([\w./-]+)", lambda found: static(found[1]), minify(style))


def minify(style):
    """Return the CSS `style` without comments, and without white space where it means nothing.

    Texts in it are between quotation marks like these: ".
    """
    style = re.sub(r'("[^"]*")|/\*.*?\*/', lambda found: found[1] or " ", style, flags=re.DOTALL)
    style = re.sub(
        r'("[^"]*")|\s*([{};,])\s*|\s+', lambda found: found[1] or found[2] or " ", style, flags=re.DOTALL
    )
    return style.replace(";}", "}").strip()


@cache
def first_screen_hashes():
    """Return the source expressions with which a Content Security Policy allows these styles."""
    digests = [hashlib.sha256(first_screen_style(kind).encode()).digest() for kind in LEFT_OUT]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
