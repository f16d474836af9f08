"""Finds what would run a script in responses: the scripts of tests/support/payloads.py.

They call `_p`, or load a picture with the address "x".
"""

import json
import re
from html.parser import HTMLParser

from bs4 import BeautifulSoup

# Attributes with an address. Browsers follow or load all but `cite`.
LINKS = {"action", "background", "cite", "data", "formaction", "href", "ping", "poster", "src", "xlink:href"}
SCRIPTS = re.compile(r"[\x00-\x20]*(javascript|vbscript|data):", re.IGNORECASE)
# Characters that browsers ignore in addresses.
IGNORED = re.compile(r"[\t\n\r]")


class ScriptFinder(HTMLParser):
    """Collects in `found` the elements and attributes of a page that would run a script.

    It makes no tree of the page, which would take longer than the responses themselves.
    """

    def __init__(self):
        super().__init__()
        self.found, self.kind, self.words = [], None, ""

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            is_link = name in LINKS and SCRIPTS.match(IGNORED.sub("", value or ""))
            if name.startswith("on") or name == "srcdoc" or is_link:
                self.found.append(f"{tag} {name}={(value or '')[:80]}")
        attrs = dict(attrs)
        is_refresh = tag == "meta" and "refresh" in (attrs.get("http-equiv") or "").lower()
        if attrs.get("src") == "x" or tag in {"base", "object"} or is_refresh:
            self.found.append(self.get_starttag_text()[:100])
        if tag == "script":
            self.kind, self.words = attrs.get("type") or "", ""

    def handle_data(self, data):
        if self.kind is not None:
            self.words += data

    def handle_endtag(self, tag):
        if tag == "script" and self.kind is not None:
            self.found += scripts_in_script(self.kind, self.words)
            self.kind = None


def scripts_in(html):
    """Return the elements and attributes of `html` that would run a script."""
    finder = ScriptFinder()
    finder.feed(html)
    finder.close()
    finder.handle_endtag("script")  # if the page ends within one
    return finder.found


def scripts_in_script(kind, words):
    if kind.endswith("json"):
        try:
            json.loads(words)
        except ValueError:  # A script in a text ended the element.
            return [words[:200]]
    elif kind == "text/template":
        return scripts_in(words)
    elif "_p(" in words:
        return [words[:200]]
    return []


def find_html(value):
    """Yield the HTML in the JSON `value`: the texts under the key "html"."""
    if isinstance(value, dict) and isinstance(value.get("html"), str):
        yield value["html"]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from find_html(each)


def scripts_in_response(response, body):
    """Return the elements and attributes of `response` that would run a script. `body`: its bytes."""
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/html"):
        return scripts_in(body.decode())
    if kind.startswith("application/json"):
        return [fault for html in find_html(json.loads(body)) for fault in scripts_in(html)]
    if "xml" in kind:
        texts = BeautifulSoup(body, "xml").select("content, encoded, summary, item > description")
        return [fault for text in texts for fault in scripts_in(text.get_text())]
    return []
