"""Atom and RSS feeds: which stories they have, what an entry contains, and how they are cached."""

import re
from functools import partial
from xml.etree import ElementTree

import pytest
from wagtail.models import Site

from caching.content_version import content_version
from home.models import SiteSettings
from stories import feeds
from tests.support import builders
from tests.support.builders import make_index, make_plain_page, make_private, make_story, pictures_block
from tests.support.committed import caches_in_use
from tests.support.people import make_agreeing_person
from tests.support.translations import make_index_in
from tests.support.unmet_conditions import about

pytestmark = pytest.mark.django_db
# Small pictures, because many renditions are made of each.
make_image = partial(builders.make_image, size=(48, 32))

SITE = "http://127.0.0.1:8000"  # BASE_URL in the tests
# XML namespaces and names, as ElementTree writes them.
ATOM = "{http://www.w3.org/2005/Atom}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


def read(client, address):
    """Return the root element of the feed at `address`."""
    response = client.get(address)
    assert response.status_code == 200, address
    return ElementTree.fromstring(response.content)


def entries(client, address="/feed.atom"):
    """Return the <entry> elements of the Atom feed at `address`. By default it is that of the whole site."""
    return read(client, address).findall(f"{ATOM}entry")


def titles(client, address="/feed.atom"):
    """Return the titles of the entries of the Atom feed at `address`."""
    return [entry.findtext(f"{ATOM}title") for entry in entries(client, address)]


def test_each_list_has_a_feed_of_its_stories_newest_first(client):
    africa, asia = make_index(make_index(), "Africa"), make_index(make_index(), "Asia")
    make_story("First", parent=africa, countries=["KE"], themes=["Mining"])
    make_story("Second", parent=asia, countries=["IN"], themes=["Mining"])
    make_story("Third", parent=africa, countries=["KE", "SN"])
    with caches_in_use():
        for address, expected in {
            **dict.fromkeys(["/", "/stories/"], ["Third", "Second", "First"]),
            **dict.fromkeys(["/stories/africa/", "/stories/country/kenya/"], ["Third", "First"]),
            "/stories/theme/mining/": ["Second", "First"],
        }.items():
            rss = read(client, f"{address}feed.rss").iter("item")
            found = [titles(client, f"{address}feed.atom"), [item.findtext("title") for item in rss]]
            assert found == [expected] * 2, address


NO_FEEDS = [
    "/no/feed.atom",  # no page
    "/about/feed.atom",  # a page that is no list
    "/stories/africa/country/kenya/feed.rss",  # only the top index has lists of countries
    "/country/kenya/feed.rss",
    "/stories/country/chad/feed.atom",  # no story has the country
    "/stories/country/nowhere/feed.atom",
    "/stories/theme/nothing/feed.atom",
    "/fr/feed.atom",  # the site has no page in French
    "/fr/stories/feed.atom",
    "/stories/feed.json",  # no format of a feed
    "/stories%00/feed.atom",
]


def test_there_is_no_feed_without_a_list_of_stories(client):
    make_plain_page("About")
    make_story("First", parent=make_index(make_index(), "Africa"), countries=["KE"])
    with caches_in_use():
        for address in NO_FEEDS:
            assert client.get(address).status_code == 404, address


def test_a_feed_holds_the_twenty_newest(client, monkeypatch):
    assert feeds.FEED_LENGTH == 20
    monkeypatch.setattr(feeds, "FEED_LENGTH", 2)  # so that the test needs few stories
    for number in range(3):
        make_story(f"Story {number}")
    assert titles(client) == ["Story 2", "Story 1"]
    assert "Last-Modified" not in client.get("/feed.rss"), "no date becomes later when one is unpublished"


def test_there_is_no_feed_of_a_list_that_nobody_may_read(client):
    section = make_private(make_index(make_index(), "Closed"))
    make_story("Below", section, countries=["KE"], themes=["Mining"])
    for address in ("closed", "country/kenya", "theme/mining"):
        assert client.get(f"/stories/{address}/feed.atom").status_code == 404, address
    assert titles(client) == titles(client, "/stories/feed.atom") == []


def test_a_feed_is_in_the_language_of_its_address(client):
    make_story("In English")
    make_story("En français", parent=make_index_in("fr", "Récits"), countries=["KE"])
    assert titles(client) == ["In English"]
    for address in ("/fr/feed.atom", "/fr/stories/feed.atom", "/fr/stories/country/kenya/feed.atom"):
        assert titles(client, address) == ["En français"]
    assert read(client, "/fr/feed.atom").get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert read(client, "/fr/feed.rss").findtext("channel/language") == "fr"


@pytest.mark.sqlite_only
def test_an_entry_has_title_summary_authors_dates_and_link(client):
    story = make_story("A & B <3", summary="Less < more & so on.", authors=["Amina", "Staff"])
    (entry,) = entries(client)
    expected = {
        **{"title": "A & B <3", "summary": "Less &lt; more &amp; so on."},
        **{"published": f"{story.date}T00:00:00+00:00", "updated": story.last_published_at.isoformat()},
    }
    assert {name: entry.findtext(f"{ATOM}{name}") for name in expected} == expected
    item = read(client, "/feed.rss").find("channel/item")
    assert entry.find(f"{ATOM}link").get("href") == item.findtext("link") == f"{SITE}{story.url}"
    for names in (entry.iterfind(f"{ATOM}author/{ATOM}name"), item.iterfind(CREATOR)):
        assert [name.text for name in names] == ["Amina", "Staff"]
    assert item.find("guid").get("isPermaLink") == "false"
    assert item.findtext("guid") == entry.findtext(f"{ATOM}id")


@pytest.mark.sqlite_only
def test_the_id_of_a_story_stays_when_its_address_changes(client):
    story = make_story("A story")
    before = entries(client)[0].findtext(f"{ATOM}id")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", before)
    story.slug = "another-address"
    story.save_revision().publish()
    story.move(make_index(make_index(), "Africa"), pos="last-child")
    (entry,) = entries(client)
    assert entry.find(f"{ATOM}link").get("href").endswith("/africa/another-address/")
    assert entry.findtext(f"{ATOM}id") == before


@pytest.mark.sqlite_only
def test_a_feed_has_the_name_of_the_organisation_and_of_its_list(client):
    SiteSettings.objects.create(site=Site.objects.get(), organisation_name="Lantern Road")
    make_story("A story", parent=make_index(make_index(), "Africa"), countries=["KE"])
    for address, title in (
        ("/", "Lantern Road"),
        ("/stories/", "Stories – Lantern Road"),
        ("/stories/africa/", "Africa – Lantern Road"),
        ("/stories/country/kenya/", "Kenya – Lantern Road"),
    ):
        feed, channel = (
            read(client, f"{address}feed.atom"),
            read(client, f"{address}feed.rss").find("channel"),
        )
        assert feed.findtext(f"{ATOM}title") == channel.findtext("title") == title
        assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Lantern Road"
        links = {link.get("rel"): link.get("href") for link in feed.iterfind(f"{ATOM}link")}
        assert links == {"self": f"{SITE}{address}feed.atom", "alternate": f"{SITE}{address}"}
        assert channel.findtext("link") == f"{SITE}{address}" and channel.findtext("description")


@pytest.mark.sqlite_only
def test_feeds_have_summaries_with_content_notes_and_no_texts_and_pictures(client, media_root):
    """Programs that read feeds keep what they got, even if it is withdrawn."""
    fields = about(make_agreeing_person(), lead_image=make_image(shows="other"), lead_image_alt="A lamp")
    body = [{"type": "text", "value": "<p>Uhuru.</p>"}, pictures_block(make_image(credit="Painter"))]
    fields |= {"summary": "The summary.", "content_notes": ["debt", "death"], "body": body}
    make_story(countries=["KE"], **fields)
    for kind in ("atom", "rss"):
        feed = client.get(f"/stories/country/kenya/feed.{kind}").text
        assert "This story describes debt bondage, death. The summary." in feed
        assert not re.search("Uhuru|/media/|A lamp|Painter|content>|encoded|enclosure", feed)


@pytest.mark.sqlite_only
def test_invalid_characters_break_no_feed(client):
    # XML allows neither of these control characters.
    make_story("Bell\x07 rings", summary="Form\x0cfeed.")
    (entry,) = entries(client)
    assert [entry.findtext(f"{ATOM}{name}") for name in ("title", "summary")] == ["Bell rings", "Formfeed."]


@pytest.mark.sqlite_only
def test_a_feed_sets_no_cookie_and_allows_no_post(client):
    make_story("A story", countries=["KE"])
    for address in ("/feed.atom", "/stories/feed.rss", "/stories/country/kenya/feed.atom"):
        response = client.get(address)
        assert not response.cookies
        assert response["Content-Type"] == f"application/{address.partition('.')[2]}+xml; charset=utf-8"
        assert client.post(address).status_code == 405


# {feed: its number of database queries}. tests/site_project/test_queries.py has those of pages.
PINNED = {"/feed.atom": 9, "/stories/feed.atom": 9, "/stories/country/kenya/feed.rss": 9}


@pytest.mark.sqlite_only
def test_feeds_take_the_same_number_of_queries_for_any_number_of_stories(
    client, django_assert_num_queries, wagtail_cache
):
    images = [make_image() for _ in range(2)]
    fields = {"lead_image": images[0], "lead_image_alt": "A lamp", "body": [pictures_block(*images)]}
    for more_stories in (2, 4):
        for _ in range(more_stories):
            make_story(countries=["KE"], authors=["Amina"], content_notes=["debt"], **fields)
        for address, number_of_queries in PINNED.items():
            client.get(address)  # the first request fills caches
            content_version.recent()
            with django_assert_num_queries(number_of_queries):
                client.get(address)
