"""While a process is busy with searches and filtered lists, it refuses further ones, and nothing else."""

import pytest

from caching.busy import MAX_AT_ONCE, places
from operations.outage import write_page
from tests.support import builders, wsgi

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows", "media_root")]

LIST = "/stories/?country=kenya"
LIMITED = [LIST, "/stories/?page=2&text=1", "/fr/search/?q=lantern", "/search/suggestions/?q=lan"]
UNLIMITED = ["/", "/get-help/", "/get-help/?text=1", "/get-help/?q=1", "/stories/"]


@pytest.fixture
def site(settings, tmp_path, visible_rows):
    """A client for one process of a site with a story, a help page and an outage page with a help line."""
    settings.DATA_DIR = tmp_path
    fields = {"help_line": "<p>Call 0800 000 000.</p>", "help_page": builders.make_plain_page("Get help")}
    builders.save_with(builders.home_page(), **fields)
    builders.make_story("A lantern", countries=["KE"])
    write_page()
    return wsgi.SiteClient()


@pytest.fixture
def take_places():
    """A function that takes all places of the process, as requests in other threads do."""
    yield lambda: [places.acquire(blocking=False) for _ in range(MAX_AT_ONCE)]
    places.release(MAX_AT_ONCE)


@pytest.mark.parametrize("address", LIMITED)
def test_new_searches_and_lists_are_refused_while_the_process_is_busy(site, take_places, caplog, address):
    for _request in range(MAX_AT_ONCE + 1):
        assert site.get(f"{address}&theme=0").status_code == 200, "each gives its place back"
    take_places()
    refused = site.get(address)
    assert (refused.status_code, refused["Retry-After"], "0800 000 000" in refused.text) == (503, "30", True)
    assert "no-store" in refused["Cache-Control"]
    assert not caplog.records, "a flood must not fill the log"


def test_nothing_else_waits_for_a_place(site, take_places):
    assert site.get(LIST).status_code == 200  # cached from now on
    take_places()
    assert [site.get(address).status_code for address in [LIST, *UNLIMITED]] == [200] * 6


@pytest.mark.parametrize("address", ["/", "/get-help/", "/stories/?page=2", "/stories/a-lantern/"])
def test_pages_are_made_for_no_other_method(site, address):
    """A page that is made for POST is neither cached nor limited. A form of another site can send it."""
    for method in (site.post, site.put, site.patch, site.delete):
        assert method(address).status_code == 405
