"""Atom and RSS feeds: which stories they have, what an entry contains, and what they say of what left."""

import datetime
import re
from functools import partial
from xml.etree import ElementTree

import pytest
from django.utils import timezone
from wagtail.models import Page, Site

from caching.content_version import content_version
from caching.local_date import today
from home.models import SiteSettings
from publishing import hiding, trash
from safeguarding.withdrawal.carry_out import withdraw
from stories import feeds
from stories.tombstones import FeedEntry
from tests.support import builders, committed, people, translations, unmet_conditions
from tests.support.builders import make_index, make_private, make_story, pictures_block, save_with

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
    lists = {"/": "Third Second First", "/stories/": "Third Second First", "/stories/africa/": "Third First"}
    lists |= {"/stories/country/kenya/": "Third First", "/stories/theme/mining/": "Second First"}
    with committed.caches_in_use():
        for address, expected in lists.items():
            rss = [item.findtext("title") for item in read(client, f"{address}feed.rss").iter("item")]
            assert titles(client, f"{address}feed.atom") == rss == expected.split(), address


# No page, a page that is no list, lists of terms below another page than the top index, terms that no story
# has, a language without pages, and what is no format of a feed.
NO_FEEDS = """
    /no/feed.atom /about/feed.atom /stories/africa/country/kenya/feed.rss /country/kenya/feed.rss
    /stories/country/chad/feed.atom /stories/country/nowhere/feed.atom /stories/theme/nothing/feed.atom
    /fr/feed.atom /fr/stories/feed.atom /stories/feed.json /stories%00/feed.atom
    /stories/closed/feed.atom /stories/country/uganda/feed.atom /stories/theme/mining/feed.atom
"""


def test_there_is_no_feed_without_a_list_of_stories_that_readers_may_read(client):
    builders.make_plain_page("About")
    make_story("First", parent=make_index(make_index(), "Africa"), countries=["KE"])
    section = make_private(make_index(make_index(), "Closed"))
    make_story("Below", section, countries=["UG"], themes=["Mining"])
    with committed.caches_in_use():
        found = [address for address in NO_FEEDS.split() if client.get(address).status_code != 404]
        assert (found, titles(client), titles(client, "/stories/feed.atom")) == ([], ["First"], ["First"])


def test_a_feed_holds_the_twenty_newest(client, monkeypatch):
    assert feeds.FEED_LENGTH == 20
    monkeypatch.setattr(feeds, "FEED_LENGTH", 2)  # so that the test needs few stories
    for number in range(3):
        make_story(f"Story {number}")
    assert titles(client) == ["Story 2", "Story 1"]
    assert "Last-Modified" not in client.get("/feed.rss"), "no date becomes later when one is unpublished"


def test_a_feed_is_in_the_language_of_its_address(client):
    make_story("In English")
    make_story("En français", parent=translations.make_index_in("fr", "Récits"), countries=["KE"])
    assert titles(client) == ["In English"]
    for address in ("/fr/feed.atom", "/fr/stories/feed.atom", "/fr/stories/country/kenya/feed.atom"):
        assert titles(client, address) == ["En français"]
    assert read(client, "/fr/feed.atom").get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert read(client, "/fr/feed.rss").findtext("channel/language") == "fr"


@pytest.mark.sqlite_only
def test_an_entry_has_title_summary_authors_dates_and_link(client):
    story = make_story("A & B <3", summary="Less < more & so on.", authors=["Amina", "Staff"])
    (entry,) = entries(client)
    expected = {"title": "A & B <3", "summary": "Less &lt; more &amp; so on."}
    expected |= {"published": f"{story.date}T00:00:00+00:00", "updated": story.last_published_at.isoformat()}
    assert {name: entry.findtext(f"{ATOM}{name}") for name in expected} == expected
    item = read(client, "/feed.rss").find("channel/item")
    assert entry.find(f"{ATOM}link").get("href") == item.findtext("link") == f"{SITE}{story.url}"
    for names in (entry.iterfind(f"{ATOM}author/{ATOM}name"), item.iterfind(CREATOR)):
        assert [name.text for name in names] == ["Amina", "Staff"]
    assert item.find("guid").get("isPermaLink") == "false"
    assert item.findtext("guid") == entry.findtext(f"{ATOM}id")


@pytest.mark.sqlite_only
def test_a_feed_has_the_name_of_the_organisation_and_of_its_list(client):
    SiteSettings.objects.create(site=Site.objects.get(), organisation_name="Lantern Road")
    make_story("A story", parent=make_index(make_index(), "Africa"), countries=["KE"])
    for address, name in {"": "", "stories/": "Stories – ", "stories/country/kenya/": "Kenya – "}.items():
        atom, rss = (read(client, f"/{address}feed.{kind}") for kind in ("atom", "rss"))
        assert atom.findtext(f"{ATOM}title") == rss.findtext("channel/title") == f"{name}Lantern Road"
        assert atom.findtext(f"{ATOM}author/{ATOM}name") == "Lantern Road"
        links = {link.get("rel"): link.get("href") for link in atom.iterfind(f"{ATOM}link")}
        assert links == {"self": f"{SITE}/{address}feed.atom", "alternate": f"{SITE}/{address}"}
        assert rss.findtext("channel/link") == f"{SITE}/{address}" and rss.findtext("channel/description")


@pytest.mark.sqlite_only
def test_feeds_have_summaries_with_content_notes_and_no_texts_and_pictures(client, media_root):
    """Programs that read feeds keep what they got, even if it is withdrawn."""
    fields = unmet_conditions.about(
        people.make_agreeing_person(), lead_image=make_image(shows="other"), lead_image_alt="A lamp"
    )
    body = [{"type": "text", "value": "<p>Uhuru.</p>"}, pictures_block(make_image(credit="Painter"))]
    fields |= {"summary": "The summary.", "content_notes": ["debt", "death"], "body": body}
    make_story(countries=["KE"], **fields)
    for kind in ("atom", "rss"):
        feed = client.get(f"/stories/country/kenya/feed.{kind}").text
        assert "This story describes debt bondage, death. The summary." in feed
        assert not re.search("Uhuru|/media/|A lamp|Painter|content>|encoded|enclosure", feed)


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


# {feed: its number of database queries}. tests/site_project/test_queries.py has those of pages.
PINNED = {"/feed.atom": 9, "/stories/feed.atom": 9, "/stories/country/kenya/feed.rss": 9}


@pytest.mark.sqlite_only
def test_feeds_take_the_same_number_of_queries_for_any_number_of_stories_and_set_no_cookie(
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
                response = client.get(address)
            assert response["Content-Type"] == f"application/{address.partition('.')[2]}+xml; charset=utf-8"
            assert not response.cookies and client.post(address).status_code == 405


# --- Tombstones (stories/tombstones.py) -----------------------------------------------------------


def agree(**fields):
    return lambda _story, person: people.record(person, **people.ALL_AGREED | fields)


def expire(story, _person):
    save_with(story, expire_at=timezone.now() - datetime.timedelta(minutes=1))
    story.unpublish(set_expired=True)


WAYS_TO_LEAVE = {
    "unpublished": lambda story, _person: story.unpublish(),
    "hidden": lambda story, _person: hiding.hide(story),
    "below a private section": lambda story, _person: make_private(story.get_parent()),
    "in the trash": lambda story, _person: trash.move_to_trash(story),
    "expired": expire,
    "deleted": lambda story, _person: story.delete(),
    "use ended": agree(where=["website"]),
    "consent ended": agree(ends_on=people.days_from_today(-1)),
    "held": lambda _story, person: save_with(person, held_since=timezone.now()),
    "edited": lambda story, _person: save_with(story, check=False, people=""),
    "withdrawn": lambda _story, person: withdraw(person),
}
# In every time zone. Programs that read feeds heed no tombstone from before the last update of its entry.
END_OF_DAY = "{}T23:59:59-12:00"
ADDRESSES = ["/feed.atom", "/stories/feed.atom", "/stories/country/kenya/feed.atom"]


def tombstones(client, address="/feed.atom"):
    found = read(client, address).findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    return [(each.get("ref"), each.get("when"), len(each)) for each in found]


def make_shown(client):
    """Return a story that feeds have, the person in it, and the id of its entry."""
    person = people.make_agreeing_person()
    fields = {"parent": make_index(make_index(), "Zahrawi’s"), "countries": ["KE"]}
    story = people.make_story_about(person, title="Zahrawi’s road", **fields)
    make_story("Another", countries=["KE"])
    entry = next(each for each in entries(client) if "Zahrawi" in each.findtext(f"{ATOM}title"))
    updated = datetime.datetime.fromisoformat(entry.findtext(f"{ATOM}updated"))
    assert updated < datetime.datetime.fromisoformat(END_OF_DAY.format(updated.date())), "readers heed it"
    feeds.note_feed_entries()
    return story, person, entry.findtext(f"{ATOM}id")


@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_a_story_that_left_has_the_same_tombstone_in_all_feeds_of_its_language(client, way, media_root):
    story, person, entry = make_shown(client)
    assert tombstones(client) == []
    translations.make_index_in("fr", "Récits")
    WAYS_TO_LEAVE[way](story, person)
    feeds.note_feed_entries()
    for address in ADDRESSES:
        assert tombstones(client, address) == [(entry, END_OF_DAY.format(today()), 0)], address
        assert "ahrawi" not in client.get(address).text
        assert titles(client, address) == ["Another"]
    assert tombstones(client, "/fr/feed.atom") == []
    assert entry not in client.get("/feed.rss").text, "RSS has no tombstones"


def test_a_tombstone_ends_when_the_story_is_back_and_after_90_days(client):
    story, _person, entry = make_shown(client)
    for act, ids in ((hiding.hide, [entry]), (hiding.show_again, []), (hiding.hide, [entry])):
        act(story)
        feeds.note_feed_entries()
        assert [each for each, _when, _parts in tombstones(client)] == ids
    rows = FeedEntry.objects.exclude(left_on=None)
    for days, is_there in ((90, True), (91, False)):
        rows.update(left_on=people.days_from_today(-days))
        assert bool(tombstones(client)) == is_there
    feeds.note_feed_entries()
    assert not rows.exists()


def test_what_was_in_no_feed_leaves_none_and_no_more_is_written(client, django_assert_max_num_queries):
    make_shown(client)
    only_here = people.make_agreeing_person({"where": ["website"]})
    for each in (make_story("A draft", live=False), people.make_story_about(only_here)):
        feeds.note_feed_entries()
        Page.objects.get(pk=each.pk).specific.delete()
    version = content_version.read()
    with django_assert_max_num_queries(3):
        feeds.note_feed_entries()
    assert (tombstones(client), content_version.read()) == ([], version)
    assert FeedEntry.objects.count() == 2
