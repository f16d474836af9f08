"""Tombstones: feeds say what left them in the same way, whatever the reason was (stories/tombstones.py)."""

import datetime

import pytest
from django.utils import timezone
from wagtail.models import Page

from caching.content_version import content_version
from caching.local_date import today
from publishing.hiding import hide, show_again
from publishing.trash import move_to_trash
from safeguarding.withdrawal.carry_out import withdraw
from stories.feeds import note_feed_entries
from stories.tombstones import FeedEntry
from tests.stories.test_feeds import ATOM, entries, read, titles
from tests.support import people
from tests.support.builders import make_index, make_private, make_story, save_with
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.translations import make_index_in

pytestmark = pytest.mark.django_db


def agree(**fields):
    return lambda _story, person: people.record(person, **people.ALL_AGREED | fields)


def expire(story, _person):
    save_with(story, expire_at=timezone.now() - datetime.timedelta(minutes=1))
    story.unpublish(set_expired=True)


WAYS_TO_LEAVE = {
    "unpublished": lambda story, _person: story.unpublish(),
    "hidden": lambda story, _person: hide(story),
    "below a private section": lambda story, _person: make_private(story.get_parent()),
    "in the trash": lambda story, _person: move_to_trash(story),
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
    person = make_agreeing_person()
    fields = {"parent": make_index(make_index(), "Zahrawi’s"), "countries": ["KE"]}
    story = make_story_about(person, title="Zahrawi’s road", **fields)
    make_story("Another", countries=["KE"])
    entry = next(each for each in entries(client) if "Zahrawi" in each.findtext(f"{ATOM}title"))
    updated = datetime.datetime.fromisoformat(entry.findtext(f"{ATOM}updated"))
    assert updated < datetime.datetime.fromisoformat(END_OF_DAY.format(updated.date())), "readers heed it"
    note_feed_entries()
    return story, person, entry.findtext(f"{ATOM}id")


@pytest.mark.parametrize("way", WAYS_TO_LEAVE)
def test_a_story_that_left_has_the_same_tombstone_in_all_feeds_of_its_language(client, way, media_root):
    story, person, entry = make_shown(client)
    assert tombstones(client) == []
    make_index_in("fr", "Récits")
    WAYS_TO_LEAVE[way](story, person)
    note_feed_entries()
    for address in ADDRESSES:
        assert tombstones(client, address) == [(entry, END_OF_DAY.format(today()), 0)], address
        assert "ahrawi" not in client.get(address).text
        assert titles(client, address) == ["Another"]
    assert tombstones(client, "/fr/feed.atom") == []
    assert entry not in client.get("/feed.rss").text, "RSS has no tombstones"


def test_a_tombstone_ends_when_the_story_is_back_and_after_90_days(client):
    story, _person, entry = make_shown(client)
    for act, ids in ((hide, [entry]), (show_again, []), (hide, [entry])):
        act(story)
        note_feed_entries()
        assert [each for each, _when, _parts in tombstones(client)] == ids
    rows = FeedEntry.objects.exclude(left_on=None)
    for days, is_there in ((90, True), (91, False)):
        rows.update(left_on=people.days_from_today(-days))
        assert bool(tombstones(client)) == is_there
    note_feed_entries()
    assert not rows.exists()


def test_what_was_in_no_feed_leaves_none_and_nothing_is_written_without_need(
    client, django_assert_max_num_queries
):
    make_shown(client)
    only_here = make_agreeing_person({"where": ["website"]})
    for each in (make_story("A draft", live=False), make_story_about(only_here)):
        note_feed_entries()
        Page.objects.get(pk=each.pk).specific.delete()
    version = content_version.read()
    with django_assert_max_num_queries(3):
        note_feed_entries()
    assert (tombstones(client), content_version.read()) == ([], version)
    assert FeedEntry.objects.count() == 2
