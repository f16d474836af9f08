"""Lists of the admin and the page editor say that a live story is held back from readers.

A live story is held back while the consent of a person in it is missing.
"""

import pytest
from django.urls import reverse

from publishing.hiding import hide
from tests.support.builders import make_index, make_story, parse, story_form
from tests.support.people import (
    ALL_AGREED,
    make_agreeing_person,
    make_story_about,
    people_fields,
    record,
    withdraw,
)
from tests.support.queries import count_queries

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def explorer_address():
    """Return the address of the admin's list of the pages below "Stories", where the stories are made."""
    return reverse("wagtailadmin_explore", args=[make_index().pk])


def test_lists_and_the_editor_say_that_a_live_story_is_held_back(admin_client):
    person = make_agreeing_person()
    story = make_story_about(person)
    lists = [explorer_address(), "/admin/stories/"]
    editor = reverse("wagtailadmin_pages:edit", args=[story.pk])

    def assert_says_so(expected):
        assert ["live, held" in admin_client.get(address).text for address in lists] == [expected] * 2
        page = parse(admin_client.get(editor))
        assert ("This page is live, and held" in page.text) == expected
        assert bool(page.select(".page-status-tag")) != expected  # the badge “Live”

    withdraw(person)
    assert_says_so(True)
    record(person, **ALL_AGREED)
    assert_says_so(False)


def test_who_publishes_a_story_that_only_lists_somebody_no_more_is_told_that_it_is_held_back(admin_client):
    person = make_agreeing_person()
    story = make_story_about(person)
    withdraw(person)
    fields = people_fields(story) | {"people": "none"}
    form = story_form("publish", title=story.title, slug=story.slug, **fields)
    form["story_people-0-DELETE"] = "on"
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    response = admin_client.post(address, form, follow=True)
    assert "has been published" in response.text
    assert "This page is live, and held" in response.text


def test_root_of_the_tree_is_not_held_back(admin_client):
    assert "live, held" not in admin_client.get(reverse("wagtailadmin_explore_root")).text


def test_live_story_that_is_held_back_can_be_locked_and_unlocked(admin_client):
    """Otherwise nobody could mend a story that was locked before."""
    person = make_agreeing_person()
    story = make_story_about(person)
    withdraw(person)
    for action, is_locked in (("lock", True), ("unlock", False)):
        admin_client.post(reverse(f"wagtailadmin_pages:{action}", args=[story.pk]))
        story.refresh_from_db()
        assert story.locked == is_locked


def test_the_explorer_takes_no_query_for_each_story(admin_client, committed):
    address = explorer_address()
    counts = []
    for added, in_all in ((1, 1), (2, 3)):
        person = make_agreeing_person()
        for _story in range(added):
            make_story_about(person)
            hide(make_story())
        withdraw(person)
        text = admin_client.get(address).text
        assert text.count("live, held") == text.count("hidden from readers") == in_all
        counts.append(count_queries(admin_client, address)[0])
    assert counts[1] <= counts[0]
