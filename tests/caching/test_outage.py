"""While the database is down: cached pages for a while, then the outage page with the help line."""

from datetime import UTC, datetime

import pytest

from operations.outage import server_error, write_page
from tests.support import builders
from tests.support.queries import database_down
from tests.support.wsgi import SiteClient

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows")]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # At midnight no cached page is used any more.


@pytest.fixture
def site(transactional_db, django_db_serialized_rollback, time_machine):
    """A client for a site with an outage page, and a story that the client has requested, at noon.

    The rows are committed, because database_down() closes the connection.
    """
    time_machine.move_to(NOON)
    home = builders.home_page()
    home.help_line = "<p>Call 0800 000 000.</p>"
    home.save_revision().publish()
    write_page()
    client = SiteClient(raise_request_exception=False)
    story = builders.make_story("The old words")
    assert b"The old words" in client.get(story.url).content
    return client, story


def test_cached_page_is_served_for_two_minutes_without_the_database(site, time_machine):
    """For MAX_CACHE_SECONDS (60) as a fresh page, then with its age until MAX_STALE_SECONDS (120)."""
    client, story = site
    with database_down():
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
    assert b"The old words" in SiteClient().get(story.url).content


@pytest.mark.parametrize("address", ["/stories/", "/search/?q=words", "/nothing/"])
def test_other_pages_get_the_outage_page_with_the_help_line(site, address):
    client, _story = site
    with database_down():
        response = client.get(address)
    assert response.status_code == 503
    assert b"Call 0800 000 000." in response.content
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "no-store"


def test_logged_in_user_gets_the_outage_page(site):
    client, story = site
    client.force_login(builders.make_user("Editors"))
    with database_down():
        for address in [story.url, "/admin/"]:
            response = client.get(address)
            assert response.status_code == 503
            assert b"Call 0800 000 000." in response.content


def test_unpublished_story_is_not_served_during_an_outage(site):
    client, story = site
    story.unpublish()
    with database_down():
        response = client.get(story.url)
        assert response.status_code == 503
        assert b"The old words" not in response.content


def test_outage_page_shows_the_current_help_line(site):
    home = builders.home_page()
    home.help_line = "<p>Call 0900 111 111.</p>"
    home.save_revision().publish()
    with database_down():
        assert b"Call 0900 111 111." in SiteClient(raise_request_exception=False).get("/stories/").content


def test_other_errors_are_no_outage(rf):
    try:
        raise ValueError
    except ValueError:  # server_error() looks at the error that is being handled
        assert server_error(rf.get("/")).status_code == 500
