"""The text-only version of a page (?text=1): the same text in a simple style, no pictures and no scripts."""

import gzip
import re

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stories.models import StoryPage
from tests.support import committed, site
from tests.support.builders import home_page, make_image, make_index, make_private, make_story, parse

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

MAX_BYTES = 15 * 1024  # compressed, as over a slow connection


def text_only(client, address):
    return client.get(f"{address}{'&' if '?' in address else '?'}text=1")


def words(tree):
    """Return the text of the main part of `tree`, without what the text-only version has for pictures."""
    for part in tree.select("main a > span"):  # a picture in a link to another site
        if part.get_text().startswith("Picture: "):
            part.extract()
    for link in tree.select("main a[href^='/media/']"):
        link.extract()
    return " ".join(tree.select_one("main").get_text(" ").split())


def full_words(tree):
    """Return the text that the text-only version of the full page `tree` must have."""
    for element in tree.select("main script, main .needs-script, main a[href^='/media/']"):
        element.extract()
    return words(tree)


def test_text_only_pages_have_the_same_text_lead_to_others_and_load_their_stylesheet_alone(client, subtests):
    addresses = site.make_site().addresses
    with committed.caches_in_use():
        for name, address in addresses.items():
            with subtests.test(name):
                full, response = client.get(address), text_only(client, address)
                assert response.status_code == full.status_code
                tree = parse(response)
                check_links_and_forms(tree)
                assert words(tree) == full_words(parse(full))
                assert not tree.select("img, picture, source, script, style, template, [style], [class]")
                # Two links to text.css: in the head for large screens, and at the end for small ones.
                assert [link["rel"] for link in tree.select("link")] in (
                    [["canonical"], ["icon"], ["stylesheet"], ["stylesheet"]],
                    [["icon"], ["stylesheet"], ["stylesheet"]],
                )
                assert len(gzip.compress(response.content)) <= MAX_BYTES


def check_links_and_forms(tree):
    """Check that the links and forms of `tree`, a text-only page, lead to text-only pages."""
    links = [a for a in tree.select("a[href^='/'], a[href^='?']") if "Full version" not in a.text]
    assert len(links) > 5
    no_pages = r"text=1|^/media/|^/documents/|^/feed\.atom$"
    assert not {a["href"] for a in links if not re.search(no_pages, a["href"])}
    forms = tree.select("form")
    assert forms
    assert all(form.select_one("input[name=text][value='1']") for form in forms)


def test_picture_becomes_a_link_and_links_to_other_sites_are_unchanged(client):
    body = [{"type": "text", "value": '<p><a href="https://example.org/a/?b=1#c">Elsewhere</a></p>'}]
    story = make_story(lead_image=make_image(), lead_image_alt="A court house", body=body)
    link = parse(text_only(client, story.url)).select_one("figure a")
    size = default_storage.size(link["href"].removeprefix("/media/"))
    assert link.text == f"Picture: A court house (JPG, {size / 1024:.1f}\xa0KB)"
    picture = client.get(link["href"])
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert len(picture.content) == size
    tree = parse(text_only(client, story.url))
    assert tree.select_one("main p a")["href"] == "https://example.org/a/?b=1#c"
    assert tree.select_one("a")["href"] == "#main"
    decorated = make_story(lead_image=make_image(), lead_image_decorative=True)
    assert "Picture" not in parse(text_only(client, decorated.url)).select_one("main").text
    picture.close()  # last, because it ends the connection to the database


def test_lost_picture_keeps_its_text_and_no_rendition_is_made(client, media_root, django_assert_num_queries):
    story = make_story(lead_image=make_image(), lead_image_alt="A court house")
    client.get(story.url)  # makes the renditions
    made = story.lead_image.renditions.count()
    with CaptureQueriesContext(connection) as full:
        client.get(story.url)
    for file in media_root.rglob("*.fill-*"):
        file.unlink()
    with django_assert_num_queries(len(full)):
        link = parse(text_only(client, story.url)).select_one("main a[href^='/media/']")
    assert link.text == "Picture: A court house"
    assert story.lead_image.renditions.count() == made > 0


def test_canonical_url_is_the_full_version_to_which_the_page_links(client, settings):
    story = make_story()
    address = "/stories/?country=kenya&page=2"
    link = parse(client.get(address)).select_one("header a[rel=nofollow]")
    assert (link.text, link["href"]) == ("Text only", "?country=kenya&page=2&text=1")
    back = [a for a in parse(client.get(f"{address}&text=1")).select("header a") if "Full version" in a.text]
    assert [a["href"] for a in back] == ["?country=kenya&page=2"]
    for query in ["?text=2", "?text=", "?text=0&text="]:
        assert parse(client.get(f"/{query}")).select("script[src]"), query
    tree = parse(text_only(client, story.url))
    assert tree.select_one("link[rel=canonical]")["href"] == settings.BASE_URL + story.url
    assert [meta["content"] for meta in tree.select("meta[name=robots]")] == ["noindex"]
    story.keep_out_of_search_engines = True
    story.save_revision().publish()
    assert len(parse(text_only(client, story.url)).select("meta[name=robots]")) == 1


def test_private_page_and_draft_stay_hidden(client):
    private, draft = make_private(make_story()), make_story(live=False)
    assert text_only(client, private.url).status_code == 302
    assert text_only(client, f"{make_index().url}{draft.slug}/").status_code == 404
    assert StoryPage.objects.get(pk=private.pk).title not in text_only(client, home_page().url).text
