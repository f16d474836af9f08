"""At midnight, a story whose consent has ended is gone at the first request, whatever was cached."""

import datetime

import pytest
from django.utils import timezone

from tests.support import queries, shown_places, wsgi
from tests.support.midnight import make_places

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows", "media_root")]


def test_first_request_after_midnight_shows_nothing_of_the_story(time_machine):
    """On two processes, with warm caches. No scheduler runs, and nothing is written."""
    # make_places() makes a story whose consent ends with the current day: in five seconds.
    midnight = timezone.make_aware(datetime.datetime(2026, 3, 11), timezone.get_default_timezone())
    time_machine.move_to(midnight - datetime.timedelta(seconds=5), tick=False)
    places = make_places()
    clients = [wsgi.SiteClient(), wsgi.SiteClient()]
    asks = [asking(client) for client in clients]
    for ask in asks * 2:
        assert shown_places.find_wrong(places, ask, is_shown=True) == {}
    for client in clients:
        assert queries.count_queries(client, places["story"][0])[0] == 0, "it is cached"
    time_machine.move_to(midnight, tick=False)
    for ask in asks:
        assert shown_places.find_wrong(places, ask, is_shown=False) == {}


def asking(client):
    """Return the function that requests an address with `client`, for find_wrong()."""

    def ask(address):
        response = client.get(address)
        return response.status_code, response.content.decode(errors="replace")

    return ask
