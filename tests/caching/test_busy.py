"""While a process is busy with searches and filtered lists, it refuses further ones, and nothing else."""

import pytest

from caching.busy import MAX_AT_ONCE, places
from operations.outage import write_page
from tests.support import builders
from tests.support.wsgi import SiteClient

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("empty_page_cache", "media_root")]

SEARCHES = ["/search/?q=lantern", "/fr/search/", "/search/suggestions/?q=lan"]
LISTS = ["/stories/?country=kenya", "/stories/?page=2&text=1", "/stories/country/kenya/?year=2025"]


@pytest.fixture
def site(settings, tmp_path, empty_page_cache):
    """A client for one process of a site with a story, a help page and an outage page with a help line."""
    settings.DATA_DIR = tmp_path
    help_page = builders.make_plain_page("Get help")
    home = builders.home_page()
    home.help_line, home.help_page = "<p>Call 0800 000 000.</p>", help_page
    home.save_revision().publish()
    builders.make_story("A lantern", countries=["KE"])
    write_page()
    return SiteClient()


@pytest.fixture
def take_places():
    """A function that takes `number` places of the process, as requests in other threads do."""
    taken = []
    yield lambda number: taken.extend(places.acquire(blocking=False) for _ in range(number))
    for _place in taken:
        places.release()


@pytest.mark.parametrize("address", [*SEARCHES, *LISTS])
def test_new_searches_and_lists_are_refused_while_the_process_is_busy(site, take_places, caplog, address):
    take_places(MAX_AT_ONCE)
    refused = site.get(address)
    assert (refused.status_code, refused["Retry-After"]) == (503, "30")
    assert "no-store" in refused["Cache-Control"]
    assert "0800 000 000" in refused.text
    assert not caplog.records, "a flood must not fill the log"


@pytest.mark.parametrize("address", ["/", "/get-help/", "/get-help/?text=1", "/get-help/?q=1", "/stories/", "/no-page/"])
def test_no_other_page_waits_for_a_place(site, take_places, address):
    take_places(MAX_AT_ONCE)
    assert site.get(address).status_code == (404 if "no-page" in address else 200)


def test_cached_list_needs_no_place(site, take_places):
    assert site.get(LISTS[0]).status_code == 200
    take_places(MAX_AT_ONCE)
    assert site.get(LISTS[0]).status_code == 200


@pytest.mark.parametrize("address", [*SEARCHES, *LISTS, "/search/?q=lantern&page=x"])
def test_a_request_takes_one_place_and_gives_it_back(site, take_places, address):
    take_places(MAX_AT_ONCE - 1)
    for number in range(3):
        assert site.get(f"{address}#{number}").status_code == 200
    take_places(1)
    assert site.get("/search/?q=other").status_code == 503
