"""Reads the metadata in the <head> of a page, for tests, and changes the site settings that it depends on."""

import json

from wagtail.models import Site

from home.models import SiteSettings
from tests.support.builders import parse

SITE = "http://127.0.0.1:8000"  # how absolute addresses begin in the tests


def change_settings(**fields):
    SiteSettings.objects.update_or_create(site=Site.objects.get(), defaults=fields)


def read(client, address):
    """Return the page at `address` as a BeautifulSoup tree."""
    response = client.get(address)
    assert response.status_code == 200, address
    return parse(response)


def cards(client, address):
    """Return {name: content} of the page's Open Graph and Twitter tags; no name may be there twice."""
    tags = read(client, address).select("meta[property], meta[name^='twitter:']")
    found = [(tag.get("property") or tag["name"], tag["content"]) for tag in tags]
    assert len(dict(found)) == len(found)
    return dict(found)


def json_ld_nodes(client, address):
    """Return the JSON-LD nodes of a page, {@type: node}."""
    (script,) = read(client, address).select("script[type='application/ld+json']")
    parsed = json.loads(script.string)
    assert parsed["@context"] == "https://schema.org"
    return {node["@type"]: node for node in parsed["@graph"]}
