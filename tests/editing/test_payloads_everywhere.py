"""With a script in every text of the database, no response has a script that a browser would run.

The scripts are those of tests/support/payloads.py: they call `_p`, or load a picture with the address "x".
`make drill` repeats the test with the scripts in other fields.
"""

import json
import re

import pytest
from bs4 import BeautifulSoup

from tests.support.fuzzing import IS_THOROUGH
from tests.support.payload_world import World
from tests.support.payloads import SHORTEST, text_blocks, text_fields

pytestmark = [
    pytest.mark.one_database,
    # Wagtail 8.0 sends mail with a function that is deprecated in Django 6.1.
    pytest.mark.filterwarnings("ignore:get_connection:django.utils.deprecation.RemovedInDjango2028Warning"),
]
# Attributes whose address a browser follows or loads.
LINKS = {"action", "background", "cite", "data", "formaction", "href", "ping", "poster", "src", "xlink:href"}
SCRIPTS = re.compile(r"[\x00-\x20]*(javascript|vbscript|data):", re.IGNORECASE)
# Characters that browsers ignore in addresses.
IGNORED = re.compile(r"[\t\n\r]")


def scripts_in(html):
    """Yield the elements and attributes of `html` that would run a script."""
    page = BeautifulSoup(html, "html.parser")
    for element in page.find_all(True):
        for name, values in element.attrs.items():
            value = values if isinstance(values, str) else " ".join(values)
            is_link = name in LINKS and SCRIPTS.match(IGNORED.sub("", value))
            if name.startswith("on") or name == "srcdoc" or is_link:
                yield f"{element.name} {name}={value[:80]}"
        if element.get("src") == "x" or element.name in {"base", "object"}:
            yield f"{element}"[:100]
        if element.name == "meta" and "refresh" in element.attrs.get("http-equiv", ""):
            yield f"{element}"[:100]
        if element.name in {"script", "template"}:
            yield from scripts_in_script(element)


def scripts_in_script(element):
    kind, words = element.get("type", ""), element.decode_contents()
    if kind.endswith("json"):
        try:
            json.loads(words)
        except ValueError:  # A script in a text ended the element.
            yield f"{element}"[:200]
    elif element.name == "template" or kind == "text/template":
        yield from scripts_in(words)
    elif "_p(" in words:
        yield f"{element}"[:200]


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
        return list(scripts_in(body.decode()))
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
    """Assert that every text field and block has a script, except for fields that are too short for one."""
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
def test_no_response_holds_a_script(client, db, store, turn):
    filled = World(turn)
    assert_every_text_is_filled(filled)
    faults, statuses = visit(client, filled.public())
    client.force_login(filled.administrator)
    # Wagtail's "error_test" always fails.
    routes = [address for name, address in filled.routes.items() if "error_test" not in name]
    # Some public pages again, because they show more to users who may edit them.
    for addresses in (filled.public()[:4], filled.pages(), routes):
        more, found = visit(client, addresses)
        faults += more
        statuses |= found
    assert faults == []
    assert list(statuses.values()).count(200) > 300  # not redirects or errors, which show no texts
