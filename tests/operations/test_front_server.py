"""nginx with deploy/nginx.conf: what it caches, sends itself, passes on, refuses and logs."""

import gzip
import http.client
import re
import subprocess
import time
from contextlib import suppress
from ssl import CERT_NONE, create_default_context

import pytest

from caching.page_cache import PAGE_CACHE_CONTROL
from caching.session_keys import make_session_key
from media.views import PUBLIC_PICTURE_CACHE_CONTROL
from tests.support import front_server
from tests.support.policies import FILE
from tests.support.upstream import Front, Upstream

pytestmark = pytest.mark.one_database

HSTS = "max-age=31536000; includeSubDomains; preload"  # as in the settings of production
PATIENCE = 30  # seconds
KEY = make_session_key()
SESSION = {"Cookie": f"__Host-sessionid={KEY}"}
PAGE = gzip.compress(b"<p>Words of the story.</p>" * 200)


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
        for headers in requests:
            front.ask(path + headers.get("query", ""), **{k: v for k, v in headers.items() if k != "query"})
        if int(time.time()) <= start + 1:
            return len(upstream.asked)


GZIP = {"Accept_Encoding": "gzip"}


@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([{}, {}, {"method": "HEAD"}], 1),
        ([GZIP, {"Accept_Encoding": "br, gzip;q=0.5"}, {"Accept_Encoding": "zstd, GZIP"}], 1),
        ([{}, {"Accept_Encoding": "gzip;q=0, br"}, {"Accept_Encoding": "br"}], 1),
        ([GZIP, {}], 2),
        ([{}, {"Cookie": "csrftoken=1"}], 1),
        ([{"Cookie": f"a=b; sessionid={KEY}"}, {}, {"Cookie": f"__Host-sessionid={KEY};c=d"}, {}], 3),
        ([{"Cookie": f'sessionid="{KEY}"'}, {}, {"Cookie": f'sessionid="{KEY}"'}], 3),
        ([{}, {"Cookie": "sessionid=1"}, {"Cookie": f"xsessionid={KEY}; sessionid={KEY}0"}], 1),
        ([{"Authorization": "Basic eDp5"}, {}, {"Authorization": "Basic eDp5"}, {}], 3),
        ([{"method": "POST"}, {}, {"method": "POST"}, {}], 3),
        ([{"Host": "one.example.org"}, {"Host": "other.example.org"}], 2),
    ],
)
def test_public_page_is_requested_once_within_a_second(upstream, front, requests, times):
    assert requests_passed_on(upstream, front, *requests) == times


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache-Control": "private, no-store"},
        {"Cache-Control": "no-cache"},
        {"Cache-Control": "public, max-age=600"},
        {"Cache-Control": "public, s-maxage=0"},
        {"X-Accel-Expires": "600"},
        {"Cache-Control": f"private, {PAGE_CACHE_CONTROL}"},
        {"Cache-Control": PAGE_CACHE_CONTROL, "Set-Cookie": "sessionid=1"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ],
    ids=str,
)
@pytest.mark.parametrize("section", ["", "/media"])
def test_other_responses_are_not_cached(upstream, front, headers, section):
    upstream.headers = headers
    assert requests_passed_on(upstream, front, {}, {}, {}, section=section) == 3


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


@pytest.mark.parametrize("path", ["/documents/1/a.pdf", "/admin/"])
def test_documents_and_the_admin_are_not_cached(upstream, front, path):
    for _ in range(2):
        front.ask(path)
    assert len(upstream.asked) == 2


def test_static_files_are_cached_for_everybody(upstream, front):
    forever = "max-age=315360000, public, immutable"
    upstream.headers = {"Cache-Control": forever}
    for headers in ({}, {"Cookie": f"sessionid={KEY}"}, {}):
        assert front.ask("/static/site.css", **headers).headers["Cache-Control"] == forever
    assert len(upstream.asked) == 1


def withdraw(upstream):
    upstream.status, upstream.headers = "410 Gone", {"Cache-Control": "no-store"}
    upstream.body = lambda: b"Gone."


# The address of a page and of a picture, and the Cache-Control header with which the site sends it.
PUBLIC_ADDRESSES = {"/stories/one/": PAGE_CACHE_CONTROL, "/media/images/a.avif": PUBLIC_PICTURE_CACHE_CONTROL}


@pytest.mark.parametrize("path", PUBLIC_ADDRESSES)
def test_what_is_withdrawn_is_gone_within_two_seconds(upstream, front, path):
    """nginx serves a page or picture for at most two seconds after the site made it.

    The body is the time when it was made, so the speed of this machine does not matter.
    """
    upstream.headers = {"Cache-Control": PUBLIC_ADDRESSES[path]}
    upstream.body = lambda: str(time.time()).encode()
    front.ask(path)
    withdraw(upstream)
    end = time.monotonic() + PATIENCE
    while True:
        now = time.time()
        response = front.ask(path)
        if response.status == 410 or time.monotonic() > end:
            break
        assert now - float(response.content) < 2
    assert response.content == b"Gone."
    assert front.ask(path).status == 410, "the page does not come back"


@pytest.mark.parametrize("path", PUBLIC_ADDRESSES)
def test_what_is_withdrawn_does_not_come_back_when_the_site_is_down(upstream, front, path):
    upstream.headers = {"Cache-Control": PUBLIC_ADDRESSES[path]}
    front.ask(path)
    withdraw(upstream)
    end = time.monotonic() + PATIENCE
    while front.ask(path).status != 410:
        assert time.monotonic() < end
    upstream.stop()
    assert front.ask(path).status == 503


def test_compressed_page_is_passed_on_unchanged(upstream, front):
    upstream.headers |= {"Content-Encoding": "gzip", "ETag": '"one"', "Vary": "Accept-Encoding"}
    upstream.body = lambda: PAGE
    for _ in range(2):
        response = front.ask(Accept_Encoding="br, gzip")
        assert response.content == PAGE
        assert (response.headers["Content-Encoding"], response.headers["ETag"]) == ("gzip", '"one"')
        assert response.headers["Vary"] == "Accept-Encoding"
    assert upstream.asked[0]["HTTP_ACCEPT_ENCODING"] == "gzip"
    unchanged = front.ask(Accept_Encoding="gzip", If_None_Match='"one"')
    assert (unchanged.status, unchanged.content) == (304, b"")


def test_site_gets_host_scheme_and_address(upstream, front):
    front.ask("/a?q=b", Host="stories.example.org", X_Forwarded_Proto="https", X_Forwarded_For="1.2.3.4")
    (asked,) = upstream.asked
    assert asked["HTTP_HOST"] == "stories.example.org"
    assert asked["HTTP_X_FORWARDED_PROTO"] == "http", "the header of the visitor is replaced"
    assert asked["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert "HTTP_ACCEPT_ENCODING" not in asked
    assert (asked["PATH_INFO"], asked["QUERY_STRING"]) == ("/a", "q=b")


def test_nginx_can_terminate_tls(nginx_path, upstream, tmp_path):
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    files = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE
    with front_server.running(nginx_path, upstream.address, tmp_path, certificate=tmp_path) as (
        port,
        _folder,
    ):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"Words."
        connection.close()
        upstream.stop()
        connection.request("GET", "/other/")
        response = connection.getresponse()
        response.read()
        assert response.headers["Strict-Transport-Security"] == HSTS
        connection.close()
    assert upstream.asked[0]["HTTP_X_FORWARDED_PROTO"] == "https"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_outage_page_is_sent_when_the_site_does_not_respond(upstream, front, tmp_path, method):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    assert front.ask("/maintenance.html").status == 404, "the page has no address of its own"
    upstream.stop()
    response = front.ask("/other/", method=method)
    assert (response.status, response.content) == (503, b"<p>Call 0800 1234.</p>")
    assert (response.headers["Retry-After"], response.headers["Cache-Control"]) == ("60", "no-store")
    assert response.headers["Content-Type"] == "text/html"
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " + FILE.partition("; ")[2]
    assert response.headers["Content-Security-Policy"] == policy
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("length", [100, 3000, 4000])
def test_headers_may_repeat_a_long_address(upstream, front, length):
    address = f"/{'a' * length}/"
    upstream.headers |= {"Content-Language": "en", "Link": f"<http://example.org{address}>; rel=canonical"}
    assert front.ask(address).status == 200


def test_status_is_503_without_an_outage_page(upstream, front):
    upstream.stop()
    response = front.ask()
    assert (response.status, response.headers["Retry-After"]) == (503, "60")
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_nginx_sends_files_for_the_site(upstream, front, tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"A picture.")
    assert front.ask("/files/a.jpg").status == 404, "the location is internal"
    upstream.headers = {"X-Accel-Redirect": "/files/a.jpg", "Content-Type": "image/jpeg"}
    response = front.ask("/media/b.jpg")
    assert response.content == b"A picture."
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def status_of_upload(front, path, length, headers, is_chunked=False):
    """Send a body of `length` bytes; return the status of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=PATIENCE)
    told = {"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": str(length)}
    connection.request("POST", path, headers=headers | told)
    with suppress(BrokenPipeError, ConnectionResetError):  # refused before its end
        if is_chunked:
            connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (length, b"x" * length))
        elif length < LARGE:  # nginx refuses a larger one by its Content-Length
            connection.send(b"x" * length)
    status = connection.getresponse().status
    connection.close()
    return status


SMALL, ADMIN, LARGE = 2**16, 100 * 2**10, 20 * 2**20


@pytest.mark.parametrize(
    ("path", "headers", "limit"),
    [
        ("/admin/images/add/?next=1", SESSION, LARGE),
        ("/admin/images/add/", {}, ADMIN),
        ("/admin/images/add/", {"Cookie": "sessionid=1"}, ADMIN),
        ("/admin/login/", {"Cookie": "csrftoken=1"}, ADMIN),
        ("/", SESSION, SMALL),
        ("/_util/login/", {}, SMALL),
        ("/documents/1/a.pdf", SESSION, SMALL),
    ],
)
def test_only_who_is_logged_in_can_send_large_bodies(upstream, front, path, headers, limit):
    assert status_of_upload(front, path, limit + 1, headers) == 413
    assert status_of_upload(front, path, min(limit, ADMIN) + 1, headers, is_chunked=True) == 413
    assert upstream.asked == []
    assert status_of_upload(front, path, limit - 1, headers) == 200
    address, _question, query = path.partition("?")
    assert [asked["PATH_INFO"] for asked in upstream.asked] == ["/.session"] * (limit == LARGE) + [address]
    assert upstream.asked[-1]["QUERY_STRING"] == query
    assert int(upstream.asked[-1]["CONTENT_LENGTH"]) == limit - 1
    assert front.ask(f"/.upload{path}").status == 404, "it has no address of its own"
    end = time.monotonic() + PATIENCE
    while (log := (front.folder / "access.log").read_text()).count("\n") < 4:
        assert time.monotonic() < end
    assert f" POST {address} 200 " in log


def test_large_body_is_not_read_if_the_site_did_not_make_the_cookie(upstream, front):
    upstream.status = "403 Forbidden"
    assert status_of_upload(front, "/admin/images/add/", LARGE, SESSION) == 403
    (asked,) = upstream.asked
    assert (asked["PATH_INFO"], asked["REQUEST_METHOD"]) == ("/.session", "GET")
    assert asked["HTTP_COOKIE"] == SESSION["Cookie"]
    assert not asked.get("CONTENT_LENGTH")
    assert front.ask("/.session").status == 404


def test_upload_gets_the_outage_page_when_the_site_does_not_respond(upstream, front, tmp_path):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    upstream.stop()
    assert status_of_upload(front, "/admin/images/add/", LARGE, SESSION) == 503


def test_replica_is_asked_again_right_after_failures(nginx_path, tmp_path):
    sites = [Upstream(), Upstream()]
    addresses, ports = [site.address for site in sites], [site.port for site in sites]
    with front_server.running(nginx_path, addresses, tmp_path) as (port, folder):
        front = Front(port, folder)
        for site in sites:
            site.stop()
        assert [front.ask(f"/{number}/").status for number in range(4)] == [503] * 4
        sites = [Upstream(port) for port in ports]
        assert [front.ask(f"/{number}/").status for number in range(4)] == [200] * 4
        assert [len(site.asked) for site in sites] == [2, 2]
        sites[0].stop()
        assert [front.ask(f"/{number}/a/").status for number in range(4)] == [200] * 4
        sites[1].stop()


def test_log_contains_nothing_about_visitors(upstream, front):
    front.ask("/search/?q=secret-words", User_Agent="secret-agent", Referer="http://secret-page/")
    upstream.stop()
    front.ask("/search/?q=secret-word", User_Agent="secret-agent", Cookie="secret-cookie")
    end = time.monotonic() + PATIENCE
    while (log := (front.folder / "access.log").read_text()).count("\n") < 2:
        assert time.monotonic() < end
    lines = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert re.fullmatch(r"GET /search/ 200 6 [\d.]+ MISS", lines[0])
    assert re.fullmatch(r"GET /maintenance.html 503 \d+ [\d.]+ MISS", lines[1])
    assert (front.folder / "error.log").read_text() == ""
