"""sitemap.xml: all public pages that search engines may index, and nothing else."""

from unittest import mock
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from wagtail.models import Site

from home import sitemap
from stories import renditions, terms
from tests.support import committed, people, translations
from tests.support.builders import make_image, make_index, make_plain_page, make_private, make_story

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"
# Prefixes of XML namespaces in the paths below.
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "xhtml": "http://www.w3.org/1999/xhtml"}
NAMES |= {"image": "http://www.google.com/schemas/sitemap-image/1.1"}


def read(client, address="/sitemap.xml"):
    """Return {path: <url> element} of the sitemap."""
    response = client.get(address)
    assert response["Content-Type"] == "application/xml"
    rows = ElementTree.fromstring(response.content).findall("s:url", NAMES)
    found = {unquote(row.findtext("s:loc", namespaces=NAMES).removeprefix(SITE)): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_all_public_pages_and_lists_are_in_the_sitemap(client):
    section = make_index(make_index(), "Africa")
    make_story("A story", parent=section, countries=["KE", "SN"], themes=["Mining", "Dívida"])
    make_story("Not filed", parent=section)
    make_plain_page("About")
    below = ["", "africa/", "africa/a-story/", "africa/not-filed/", "country/kenya/", "country/senegal/"]
    below += ["theme/mining/", "theme/dívida/"]
    assert set(read(client)) == {"/", "/about/", *(f"/stories/{path}" for path in below)}
    with committed.caches_in_use():
        for address in read(client):
            assert client.get(address).status_code == 200, address


def test_stories_kept_out_of_search_engines_and_themes_of_another_language_are_not_in_the_sitemap(client):
    terms.Theme.objects.create(name="Travail", locale=translations.make_index_in("fr").locale)
    kept = make_story("Kept", countries=["KE"], themes=["Mining"], keep_out_of_search_engines=True)
    make_story("Listed", countries=["SN"], themes=["Work", "Travail"])
    found = set(read(client))
    assert {"/stories/listed/", "/stories/country/senegal/", "/stories/theme/work/"} <= found
    kept_out = {kept.url, "/stories/country/kenya/", "/stories/theme/mining/", "/stories/theme/travail/"}
    assert not kept_out & found


def test_lastmod_of_a_list_is_that_of_its_latest_story(client):
    section = make_index(make_index(), "Africa")
    make_story("Old", parent=section, countries=["KE"], themes=["Mining"])
    new = make_story("New", parent=section, countries=["KE"])
    found = {url: row.findtext("s:lastmod", namespaces=NAMES) for url, row in read(client).items()}
    newest = new.last_published_at.isoformat()
    for address in ("/", "/stories/", "/stories/africa/", new.url, "/stories/country/kenya/"):
        assert found[address] == newest, address
    assert found["/stories/theme/mining/"] == found["/stories/africa/old/"] < newest


def test_a_story_has_its_lead_picture_while_readers_see_it(client, media_root):
    image, person = make_image(shows="person"), people.make_agreeing_person()
    image.people.add(person)
    story = people.make_story_about(person, lead_image=image, lead_image_alt="A lamp")
    assert "<image:loc>" not in client.get("/sitemap.xml").text, "a request makes no renditions"
    renditions.make_renditions(story)
    picture = read(client)[story.url].findtext("image:image/image:loc", namespaces=NAMES)
    assert client.get(picture.removeprefix(SITE)).getvalue()
    people.withdraw(person)
    assert "<image:loc>" not in client.get("/sitemap.xml").text


def test_pages_have_links_to_their_public_translations(client):
    make_story("Alone")
    index, both = translations.make_index_in("fr", "Récits"), make_story("Both")
    translated = make_story("Les deux", parent=index, translation_key=both.translation_key)
    secret = make_story("Half secret")
    make_private(make_story("Caché", parent=index, translation_key=secret.translation_key))
    found = read(client)

    def versions(address):
        links = found[address].findall("xhtml:link", NAMES)
        return {link.get("hreflang"): link.get("href").removeprefix(SITE) for link in links}

    pair = {"en": both.url, "fr": translated.url}
    assert translated.url == "/fr/stories/les-deux/"
    assert versions(both.url) == versions(translated.url) == pair
    assert versions("/") == {"en": "/", "fr": "/fr/"}
    assert versions("/stories/alone/") == versions(secret.url) == {}
    assert "/fr/stories/cache/" not in found


@pytest.mark.sqlite_only
def test_a_sitemap_has_no_last_modified(client):
    response = client.get("/sitemap.xml")
    # Unpublishing a page makes no date later, so only the ETag of the page cache shows the change.
    assert "Last-Modified" not in response
    assert client.post("/sitemap.xml").status_code == 405


def test_a_sitemap_with_too_many_addresses_is_an_index_of_its_parts(client, monkeypatch):
    for number in range(3):
        make_story(f"Story {number}")
    whole = read(client)
    assert client.get("/sitemap-1.xml").status_code == 404, "it has no parts"
    monkeypatch.setattr(sitemap, "MAX_URLS", 2)
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    parts = [loc.text.removeprefix(SITE) for loc in index.iterfind("s:sitemap/s:loc", NAMES)]
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-3.xml"]
    assert [address for part in parts for address in read(client, part)] == list(whole)
    for number in (0, 4, "9" * 5000):  # int() refuses numbers of more than 4300 digits
        assert client.get(f"/sitemap-{number}.xml").status_code == 404


@pytest.mark.sqlite_only
def test_sitemap_of_many_stories_takes_no_more_queries(client, media_root, django_assert_num_queries):
    fields = {"countries": ["KE", "SN"], "lead_image": make_image(), "lead_image_alt": "A lamp"}
    for numbers in (range(2), range(2, 6)):
        for number in numbers:
            make_story(themes=[f"Theme {number}"], **fields)
        client.get("/sitemap.xml")  # the first request fills Wagtail's caches
        with django_assert_num_queries(6):  # as measured; what matters is that it is the same both times
            client.get("/sitemap.xml")

        with mock.patch.object(Site, "get_site_root_paths", wraps=Site.get_site_root_paths) as question:
            sitemap.find_entries()
        question.assert_called_once()  # and not for each story
