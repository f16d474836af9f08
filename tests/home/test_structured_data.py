"""The structured data of pages: JSON-LD with the terms of schema.org."""

import json

import pytest

from tests.support.builders import make_image, make_index, make_story
from tests.support.page_heads import SITE, cards, change_settings, json_ld_nodes, read

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def test_the_home_page_describes_the_organisation_and_the_search(client):
    profile = {"type": "profile", "value": {"name": "Mastodon", "url": "https://example.org/@us"}}
    change_settings(organisation_name="Lantern Road", social_links=json.dumps([profile]))
    nodes = json_ld_nodes(client, "/")
    assert set(nodes) == {"Organization", "WebSite"}
    assert nodes["Organization"]["name"] == nodes["WebSite"]["name"] == "Lantern Road"
    assert nodes["Organization"]["sameAs"] == ["https://example.org/@us"]
    assert nodes["WebSite"]["publisher"] == {"@id": nodes["Organization"]["@id"]}
    action = nodes["WebSite"]["potentialAction"]
    assert action["query-input"] == "required name=search_term_string"
    template = action["target"]["urlTemplate"].removeprefix(SITE)
    assert read(client, template.replace("{search_term_string}", "lamp")).find("input", value="lamp")


def test_a_story_is_described_as_an_article(client, media_root):
    lead = {"lead_image": make_image(), "lead_image_alt": "A lamp"}
    story = make_story("A story", summary="What it is about.", authors=["Amina", "Staff"], **lead)
    article = json_ld_nodes(client, story.url)["Article"]
    expected = {"headline": "A story", "description": "What it is about.", "inLanguage": "en"}
    expected |= {"url": f"{SITE}{story.url}", "image": cards(client, story.url)["og:image"]}
    expected["datePublished"] = f"{story.date}T00:00:00+00:00"
    expected["dateModified"] = story.last_published_at.isoformat()
    assert {name: article[name] for name in expected} == expected
    assert [author["name"] for author in article["author"]] == ["Amina", "Staff"]
    assert article["publisher"]["name"] == "Stories"


def test_breadcrumbs_follow_the_navigation(client):
    story = make_story("A story", parent=make_index(make_index(), "Africa"), countries=["KE"])
    above, kenya = {"Home": "/", "Stories": "/stories/"}, "/stories/country/kenya/"
    below = {"Africa": "/stories/africa/", "A story": story.url}
    for address, own in ((story.url, below), (kenya, {"Kenya": kenya})):
        items = json_ld_nodes(client, address)["BreadcrumbList"]["itemListElement"]
        assert [(each["position"], each["name"], each["item"]) for each in items] == [
            (number, name, SITE + path) for number, (name, path) in enumerate((above | own).items(), start=1)
        ]


def test_markup_in_texts_is_escaped_in_the_metadata(client):
    # U+2028 ends a line in older versions of JavaScript, also inside a string.
    markup = """</script><script>alert(1)</script><!-- " ' & \u2028"""
    story = make_story(markup, authors=[markup], summary=markup, seo_title=markup)
    assert "<script>alert" not in client.get(story.url).content.decode()
    article = json_ld_nodes(client, story.url)["Article"]
    assert article["headline"] == article["description"] == markup
    assert cards(client, story.url)["og:title"] == markup
