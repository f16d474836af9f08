"""With scripts in the texts of the database, no response has a script that a browser would run.

The scripts are those of tests/support/payloads.py: they call `_p`, or load a picture with the address "x".
Every text has one, except for those that are too short, and for half of the fields with choices, because the
pages need some valid ones. `make drill` repeats the test with other scripts, and with the other half.
"""

import json
import re
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup

from tests.support.committed import act_as_committed
from tests.support.fuzzing import IS_THOROUGH
from tests.support.payload_world import OF_TYPE, World
from tests.support.payloads import SHORTEST, text_blocks, text_fields

pytestmark = pytest.mark.sqlite_only
# Attributes whose address a browser follows or loads.
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
    finder.handle_endtag("script")
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
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "html" and isinstance(each, str):
                yield each
            else:
                yield from find_html(each)
    elif isinstance(value, list):
        for each in value:
            yield from find_html(each)


def find_faults(response):
    body = response.getvalue() if response.streaming else response.content
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/html"):
        return scripts_in(body.decode())
    if kind.startswith("application/json"):
        return [fault for html in find_html(json.loads(body)) for fault in scripts_in(html)]
    if "xml" in kind:
        texts = BeautifulSoup(body, "xml").select("content, encoded, summary, item > description")
        return [fault for text in texts for fault in scripts_in(text.get_text())]
    return []


def visit(client, addresses):
    """Return (a list of the faults in the responses, {address: status})."""
    faults, statuses = [], {}
    client.raise_request_exception = False
    for address in addresses:
        response = client.get(address)
        statuses[address] = response.status_code
        if response.status_code >= 500:
            faults.append(
                f"{address}: {response.status_code} {response.exc_info and response.exc_info[1]!r}"[:300]
            )
            continue
        faults += [f"{address}: {fault}" for fault in find_faults(response)]
    return faults, statuses


def label(model, field):
    return f"{model._meta.label}.{field.name}"


def assert_every_text_is_filled(filled):
    """Assert that the filler came to every text field and block, except for fields too short for a script.

    It put a script into each of them, or left a valid choice (ScriptFiller.choice).
    """
    fields = [(model, field) for model, found in text_fields() for field in found]
    streams = {label(*each): each[1].stream_block for each in fields if hasattr(each[1], "stream_block")}
    texts = {label(*each) for each in fields} - streams.keys()
    short = {label(*each) for each in fields if (each[1].max_length or SHORTEST) < SHORTEST}
    blocks = {path for name, block in streams.items() for path in text_blocks(block, name)}
    assert sorted((texts | blocks) - set(filled.filler.places.values()) - short) == []
    # So many were found, so the search for texts works.
    assert len(texts - short) > 60
    assert len(blocks) > 80


@pytest.mark.parametrize("turn", range(6) if IS_THOROUGH else [0])
def test_no_response_holds_a_script(client, db, media_root, monkeypatch, turn):
    filled = World(turn)
    act_as_committed(monkeypatch)  # so that the navigation is cached, which all pages have
    assert_every_text_is_filled(filled)
    faults, statuses = visit(client, filled.public())
    client.force_login(filled.administrator)
    # Wagtail's "error_test" always fails.
    routes = [address for name, address in filled.routes.items() if "error_test" not in name]
    # Some public pages again, because they show more to users who may edit them.
    more, found = visit(client, dict.fromkeys([*filled.public()[:4], *filled.pages(OF_TYPE), *routes]))
    faults += more
    statuses |= found
    assert faults == []
    assert list(statuses.values()).count(200) > 300  # not redirects or errors, which show no texts
