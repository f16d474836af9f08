"""Public pictures are remembered while the content version stays the same; other answers are not."""

import pytest
from django.db import connection
from django.test import Client
from wagtail.models import PageViewRestriction

from caching.content_version import content_version
from stories.models import StoryPage
from tests.support import builders
from tests.support import files_of_pages as files

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("db", "media_root", "committed")]


# `make_file`: a function that makes a picture in a situation, and returns its address.
@pytest.mark.parametrize("make_file", [files.live_story, files.author_of_live_story, files.logo])
def test_remembered_public_picture_takes_no_query(make_file, django_assert_num_queries):
    address = make_file()
    first = files.get(Client(), address)
    with django_assert_num_queries(0):
        again = files.get(Client(), address)
        known = files.get(Client(), address, **{"If-None-Match": first["ETag"]})
        head = Client().head(address)
        head.close()
    assert (again.status_code, again.content_read) == (200, first.content_read)
    assert again["Cache-Control"] == "public, max-age=600, s-maxage=1"
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head["Content-Length"]) == (200, first["Content-Length"])


def test_remembered_picture_is_not_sent_for_another_host(client):
    address = files.live_story()
    assert files.get(client, address).status_code == 200
    assert files.get(client, address, Host="evil.example").status_code == 400


@pytest.mark.parametrize(
    "make_file",
    [files.draft, files.unpublished, files.new_in_draft, files.story_for_group, files.original_size],
)
def test_picture_that_is_not_public_is_never_remembered(make_file, client):
    address = make_file()
    staff = builders.client_of(builders.make_user("Editors"))
    for _time in range(2):
        assert files.get(staff, address)["Cache-Control"] == "private, no-store"
        assert files.get(client, address).status_code == 404
    # A browser may not keep it, so it is sent again.
    assert files.get(staff, address, **{"If-None-Match": "*"}).status_code == 200


def test_change_during_the_check_is_seen(client):
    """A check that began before a change, and ended after it, says nothing of later requests."""
    story = files.story_with(image := builders.make_image())
    address = files.address_of(image)
    changes = [story.unpublish]

    def change_after_query(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if changes and "wagtailcore_referenceindex" in sql:
            changes.pop()()
        return result

    with connection.execute_wrapper(change_after_query):
        assert files.get(client, address).status_code == 200
    assert not changes
    assert files.get(client, address).status_code == 404


def test_nothing_is_remembered_without_a_version(client, monkeypatch):
    address = files.live_story()
    monkeypatch.setattr(content_version, "recent", lambda: None)
    assert files.get(client, address).status_code == 200
    PageViewRestriction.objects.create(page=StoryPage.objects.get(), restriction_type="login")
    assert files.get(client, address).status_code == 404
