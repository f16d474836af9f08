"""Public pictures are remembered while the content version stays the same; other answers are not."""

import pytest
from django.db import connection
from django.test import Client
from wagtail.models import PageViewRestriction

from caching.content_version import content_version
from stories.models import StoryPage
from tests.support import builders
from tests.support.files_of_pages import (
    address_of,
    author_of_live_story,
    draft,
    get,
    live_story,
    logo,
    new_in_draft,
    original_size,
    story_for_group,
    story_with,
    unpublished,
)

pytestmark = [
    pytest.mark.sqlite_only,
    pytest.mark.django_db,
    pytest.mark.usefixtures("media_root", "committed"),
]


# `make_file`: a function that makes a picture in a situation, and returns its address.
@pytest.mark.parametrize("make_file", [live_story, author_of_live_story, logo])
def test_remembered_public_picture_takes_no_query(make_file, django_assert_num_queries):
    address = make_file()
    first = get(Client(), address)
    with django_assert_num_queries(0):
        again = get(Client(), address)
        known = get(Client(), address, **{"If-None-Match": first["ETag"]})
        head = Client().head(address)
        head.close()
    assert (again.status_code, again.content_read) == (200, first.content_read)
    assert again["Cache-Control"] == "public, max-age=600, s-maxage=1"
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head["Content-Length"]) == (200, first["Content-Length"])


def test_remembered_picture_is_not_sent_for_another_host(client):
    address = live_story()
    assert get(client, address).status_code == 200
    assert get(client, address, Host="evil.example").status_code == 400


@pytest.mark.parametrize("make_file", [draft, unpublished, new_in_draft, story_for_group, original_size])
def test_picture_that_is_not_public_is_never_remembered(make_file, client):
    address = make_file()
    staff = Client()
    staff.force_login(builders.make_user("Editors"))
    for _time in range(2):
        assert get(staff, address)["Cache-Control"] == "private, no-store"
        assert get(client, address).status_code == 404
    # A browser may not keep it, so it is sent again.
    assert get(staff, address, **{"If-None-Match": "*"}).status_code == 200


def test_change_during_the_check_is_seen(client):
    """A check that began before a change, and ended after it, says nothing of later requests."""
    story = story_with(image := builders.make_image())
    address = address_of(image)
    changes = [story.unpublish]

    def change_after_query(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if changes and "wagtailcore_referenceindex" in sql:
            changes.pop()()
        return result

    with connection.execute_wrapper(change_after_query):
        assert get(client, address).status_code == 200
    assert not changes
    assert get(client, address).status_code == 404


def test_nothing_is_remembered_without_a_version(client, monkeypatch):
    address = live_story()
    monkeypatch.setattr(content_version, "recent", lambda: None)
    assert get(client, address).status_code == 200
    PageViewRestriction.objects.create(page=StoryPage.objects.get(), restriction_type="login")
    assert get(client, address).status_code == 404
