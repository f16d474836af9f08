"""While the database is down: cached pages for a while, then the outage page with the help line.

Also: the same page after an error in one request.
"""

from datetime import UTC, datetime

import pytest

from caching import content_version, middleware, outage
from caching.models import Change
from operations.outage import write_page
from stories.models import StoryPage
from tests.support import builders, queries, wsgi

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows")]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # At midnight no cached page is used any more.


@pytest.fixture
def site(transactional_db, django_db_serialized_rollback, time_machine):
    """A client for a site with an outage page, and a story that the client has requested, at noon.

    The rows are committed, because database_down() closes the connection.
    """
    time_machine.move_to(NOON)
    builders.save_with(builders.home_page(), help_line="<p>Call 0800 000 000.</p>")
    write_page()
    client = wsgi.SiteClient(raise_request_exception=False)
    story = builders.make_story("The old words")
    assert b"The old words" in client.get(story.url).content
    return client, story


def test_cached_page_is_served_for_two_minutes_without_the_database(site, time_machine):
    """For MAX_CACHE_SECONDS (60) as a fresh page, then with its age until MAX_STALE_SECONDS (120)."""
    client, story = site
    with queries.database_down():
        fresh = client.get(story.url)
        assert b"The old words" in fresh.content
        assert "Age" not in fresh
        time_machine.shift(61)
        old = client.get(story.url)
        assert (old.status_code, b"The old words" in old.content) == (200, True)
        assert 61 <= int(old["Age"]) < 120
        time_machine.shift(60)
        gone = client.get(story.url)
        assert gone.status_code == 503
        assert b"Call 0800 000 000." in gone.content
    assert b"The old words" in wsgi.SiteClient().get(story.url).content


def test_other_pages_get_the_outage_page_with_the_help_line(site):
    """Visitors as well as users, also in place of a cached page that was unpublished before."""
    client, story = site
    user = wsgi.SiteClient(client.process, raise_request_exception=False)
    user.force_login(builders.make_user("Editors"))
    story.unpublish()
    with queries.database_down():
        for address in (story.url, "/stories/", "/search/?q=words", "/nothing/"):
            response = client.get(address)
            assert (response.status_code, response["Retry-After"]) == (503, "30"), address
            assert b"Call 0800 000 000." in response.content and b"The old words" not in response.content
            assert response["Cache-Control"] == "no-store"
        for address in (story.url, "/admin/"):
            response = user.get(address)
            assert (response.status_code, b"Call 0800 000 000." in response.content) == (500, True), address


def test_no_page_is_made_for_a_moment_after_the_database_failed(site, monkeypatch):
    monkeypatch.setattr(middleware, "OUTAGE_PAUSE_SECONDS", 3600)
    client, story = site
    with queries.database_down():
        client.get("/stories/")
    assert [client.get(address).status_code for address in ("/stories/", story.url)] == [503, 200]


# --- An error in one request, while the database responds ------------------------------------------


def fail(*_arguments):
    raise RuntimeError


def test_error_shows_the_page_with_the_help_line_and_stops_no_other_page(site, monkeypatch):
    client, story = site
    other = builders.make_story("Other words")
    with monkeypatch.context() as patch:
        patch.setattr(StoryPage, "serve", fail)
        response = client.get(other.url)
    assert (response.status_code, response["Cache-Control"]) == (500, "no-store")
    assert b"Call 0800 000 000." in response.content
    assert [client.get(page.url).status_code for page in (story, other)] == [200, 200]


def test_error_without_a_file_of_the_outage_page(site, monkeypatch):
    client, story = site
    outage.page_file().unlink()
    monkeypatch.setattr(StoryPage, "serve", fail)
    response = client.get(builders.make_story("Other words").url)
    assert (response.status_code, b"emergency number" in response.content) == (500, True)


def test_old_page_is_served_after_an_error_only_if_nothing_has_changed(site, monkeypatch, time_machine):
    client, story = site
    monkeypatch.setattr(StoryPage, "serve", fail)
    time_machine.shift(61)
    old = client.get(story.url)
    assert (old.status_code, old["Age"]) == (200, "61")

    def change_and_fail(*_arguments):
        content_version.change()
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(StoryPage, "serve", change_and_fail)
        assert client.get(story.url).status_code == 500
    monkeypatch.undo()
    assert client.get(story.url).status_code == 200
    monkeypatch.setattr(StoryPage, "serve", fail)
    time_machine.shift(61)
    # A change that another process made, which this one has not read for what is cached.
    Change.objects.create()
    assert client.get(story.url).status_code == 500
