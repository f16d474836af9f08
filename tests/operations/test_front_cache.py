"""nginx with deploy/nginx.conf: which responses of the site it caches, for whom, and for how long.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import time

import pytest

from caching.cache_request import PAGE_CACHE_CONTROL
from caching.session_keys import make_session_key
from media.views import PUBLIC_PICTURE_CACHE_CONTROL

pytestmark = pytest.mark.sqlite_only

PATIENCE = 30  # seconds until a withdrawn page is gone
PAUSE = 0.05  # seconds between two requests for it
KEY = make_session_key()  # of a session cookie that has the form of the site's own


def requests_passed_on(upstream, front, *requests, section=""):
    """Return how many of `requests`, arguments for Front.ask(), reach the site before the cache expires.

    They are for one new address in `section`, with the query string "query" of each. nginx counts whole
    seconds and caches a response at least until the end of the next second. If the requests took longer, they
    are repeated with another path.
    """
    while True:
        upstream.asked.clear()
        path = f"{section}/{time.monotonic_ns()}"
        start = int(time.time())
        for arguments in requests:
            query = arguments.get("query", "")
            front.ask(path + query, **{name: arguments[name] for name in arguments if name != "query"})
        if int(time.time()) <= start + 1:
            return len(upstream.asked)


GZIP = {"Accept_Encoding": "gzip"}


# (arguments for Front.ask() of successive requests, how many of them reach the site)
@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([{}, {}, {"method": "HEAD"}], 1),
        # There are two copies, one compressed by gzip and one not.
        ([GZIP, {"Accept_Encoding": "br, gzip;q=0.5"}, {"Accept_Encoding": "zstd, GZIP"}], 1),
        ([{}, {"Accept_Encoding": "gzip;q=0, br"}, {"Accept_Encoding": "br"}], 1),
        ([GZIP, {}], 2),
        # Each request with a session reaches the site. Of a visitor's requests, only the first does.
        ([{"Cookie": f"a=b; sessionid={KEY}"}, {}, {"Cookie": f"__Host-sessionid={KEY};c=d"}, {}], 3),
        ([{"Cookie": f'sessionid="{KEY}"'}, {}, {"Cookie": f'sessionid="{KEY}"'}], 3),
        # These cookies have another name or form, so they count as a visitor's.
        ([{}, {"Cookie": "csrftoken=1"}], 1),
        ([{}, {"Cookie": "sessionid=1"}, {"Cookie": f"xsessionid={KEY}; sessionid={KEY}0"}], 1),
        # The cache is not used for these requests, and has a copy for each host.
        ([{"Authorization": "Basic eDp5"}, {}, {"Authorization": "Basic eDp5"}, {}], 3),
        ([{"method": "POST"}, {}, {"method": "POST"}, {}], 3),
        ([{"Host": "one.example.org"}, {"Host": "other.example.org"}], 2),
    ],
)
def test_public_page_is_requested_once_within_a_second(upstream, front, requests, times):
    assert requests_passed_on(upstream, front, *requests) == times


PRIVATE = ["private, no-store", "no-cache", "public, max-age=600", "public, s-maxage=0"]
PRIVATE.append(f"private, {PAGE_CACHE_CONTROL}")
UNCACHED = [{"Cache-Control": each} for each in PRIVATE] + [{}, {"X-Accel-Expires": "600"}]
UNCACHED.append({"Cache-Control": PAGE_CACHE_CONTROL, "Set-Cookie": "sessionid=1"})
UNCACHED.append({"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"})


@pytest.mark.parametrize("headers", UNCACHED, ids=str)
@pytest.mark.parametrize("section", ["", "/media"])
def test_other_responses_are_not_cached(upstream, front, headers, section):
    upstream.headers = headers
    assert requests_passed_on(upstream, front, {}, {}, {}, section=section) == 3


# A picture has one copy for each scheme and host. The encoding and the query string make no other.
@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([{}, GZIP, {"method": "HEAD"}, {"query": "?a=b"}, {"query": "?"}], 1),
        ([{"Cookie": f"sessionid={KEY}"}, {}, {"Cookie": f"__Host-sessionid={KEY}"}, {}], 3),
        ([{"Host": "one.example.org"}, {"Host": "other.example.org"}], 2),
    ],
)
def test_public_picture_is_requested_once_within_a_second(upstream, front, requests, times):
    upstream.headers = {"Cache-Control": PUBLIC_PICTURE_CACHE_CONTROL, "Content-Type": "image/avif"}
    assert requests_passed_on(upstream, front, *requests, section="/media/images") == times


@pytest.mark.parametrize("headers", [{}, {"Cache-Control": PUBLIC_PICTURE_CACHE_CONTROL}], ids=str)
def test_picture_that_nginx_sends_for_the_site_is_not_cached(upstream, front, tmp_path, headers):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"A picture.")
    upstream.headers = headers | {"X-Accel-Redirect": "/files/a.jpg", "Content-Type": "image/jpeg"}
    assert requests_passed_on(upstream, front, {}, {}, section="/media/images") == 2


def test_static_files_are_cached_for_everybody(upstream, front):
    forever = "max-age=315360000, public, immutable"
    upstream.headers = {"Cache-Control": forever}
    for headers in ({}, {"Cookie": f"sessionid={KEY}"}, {}):
        assert front.ask("/static/site.css", **headers).headers["Cache-Control"] == forever
    # Brotli is one more copy of static files, and none of pages.
    for path in ("/static/site.css", "/static:br/"):
        front.ask(path, Accept_Encoding="gzip, deflate, br, zstd")
    assert [asked["HTTP_ACCEPT_ENCODING"] for asked in upstream.asked[1:]] == ["gzip, br", "gzip"]


# The address of a page and of a picture, and the Cache-Control header with which the site sends it.
PUBLIC_ADDRESSES = {"/stories/one/": PAGE_CACHE_CONTROL, "/media/images/a.avif": PUBLIC_PICTURE_CACHE_CONTROL}


@pytest.mark.parametrize("path", PUBLIC_ADDRESSES)
def test_what_is_withdrawn_is_gone_within_two_seconds_and_while_the_site_is_down(upstream, front, path):
    """nginx serves a page or picture for at most two seconds after the site made it.

    The body is the time when it was made, so the speed of this machine does not matter.
    """
    upstream.headers = {"Cache-Control": PUBLIC_ADDRESSES[path]}
    upstream.body = lambda: str(time.time()).encode()
    front.ask(path)
    upstream.status, upstream.headers = "410 Gone", {"Cache-Control": "no-store"}
    upstream.body = lambda: b"Gone."
    end = time.monotonic() + PATIENCE
    now = time.time()
    while (response := front.ask(path)).status != 410 and time.monotonic() < end:
        assert now - float(response.content) < 2
        time.sleep(PAUSE)
        now = time.time()
    assert response.content == b"Gone."
    assert front.ask(path).status == 410, "the page does not come back"
    upstream.stop()
    assert front.ask(path).status == 503


@pytest.mark.parametrize("section", ["/documents", "/admin"])
def test_documents_and_the_admin_are_not_cached(upstream, front, section):
    assert requests_passed_on(upstream, front, {}, {}, section=section) == 2
