"""deploy/nginx.conf in a real nginx: it caches public pages and pictures for a moment, and nothing else."""

import gzip
import http.client
import os
import re
import subprocess
import threading
import time
from socketserver import ThreadingMixIn
from ssl import CERT_NONE, create_default_context
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from caching.page_cache import PAGE_CACHE_CONTROL
from media.views import PUBLIC_PICTURE_CACHE_CONTROL
from tests.site_project.test_headers import FILE
from tests.support import front_server, services

pytestmark = pytest.mark.sqlite_only

PUBLIC = PAGE_CACHE_CONTROL
HSTS = "max-age=31536000; includeSubDomains; preload"  # as in the settings of production
PATIENCE = 30  # seconds
PAGE = gzip.compress(b"<p>Words of the story.</p>" * 200)


@pytest.fixture(scope="session")
def nginx_path():
    """The path of nginx. If it is missing, the test is skipped, and fails on CI."""
    try:
        return front_server.nginx_program(install=False)
    except services.Missing as missing:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(str(missing))


class Site:
    """A WSGI server that returns the response that the test sets, and records the requests."""

    def __init__(self):
        self.status, self.headers, self.body = "200 OK", {"Cache-Control": PUBLIC}, lambda: b"Words."
        self.asked = []
        self.server = make_server("127.0.0.1", 0, self.answer, ThreadingServer, QuietHandler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def answer(self, environ, start_response):
        self.asked.append(environ)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(self.status, list(self.headers.items()))
        return [self.body()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.stop()
    thread.join()


@pytest.fixture
def front(nginx_path, site, tmp_path):
    """A running nginx in front of `site`."""
    with front_server.running(nginx_path, site.address, tmp_path) as (port, folder):
        yield Front(port, folder)


class Front:
    """Client for the nginx at `port`, whose logs are in `folder`."""

    def __init__(self, port, folder):
        self.port, self.folder = port, folder

    def ask(self, path="/", method="GET", **headers):
        """Return the response. Names of headers have _ in place of -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, headers={name.replace("_", "-"): headers[name] for name in headers})
        response = connection.getresponse()
        response.content = response.read()
        connection.close()
        return response


def requests_passed_on(site, front, *requests, section=""):
    """Return how many of `requests` reach the site if all are made before the cache expires.

    They are for one new address in `section`, with the query string "query" of each. nginx counts whole
    seconds and caches a response at least until the end of the next second.
    """
    while True:
        site.asked.clear()
        path = f"{section}/{time.monotonic_ns()}"
        start = int(time.time())
        for headers in requests:
            front.ask(path + headers.get("query", ""), **{k: v for k, v in headers.items() if k != "query"})
        if int(time.time()) <= start + 1:
            return len(site.asked)


GZIP = {"Accept_Encoding": "gzip"}


@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([{}, {}, {"method": "HEAD"}], 1),
        ([GZIP, {"Accept_Encoding": "br, gzip;q=0.5"}, {"Accept_Encoding": "zstd, GZIP"}], 1),
        ([{}, {"Accept_Encoding": "gzip;q=0, br"}, {"Accept_Encoding": "br"}], 1),
        ([GZIP, {}], 2),
        ([{}, {"Cookie": "csrftoken=1"}], 1),
        ([{"Cookie": "a=b; sessionid=1"}, {}, {"Cookie": "__Host-sessionid=1"}, {}], 3),
        ([{"Authorization": "Basic eDp5"}, {}, {"Authorization": "Basic eDp5"}, {}], 3),
        ([{"method": "POST"}, {}, {"method": "POST"}, {}], 3),
        ([{"Host": "one.example.org"}, {"Host": "other.example.org"}], 2),
    ],
)
def test_public_page_is_requested_once_within_a_second(site, front, requests, times):
    assert requests_passed_on(site, front, *requests) == times


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache-Control": "private, no-store"},
        {"Cache-Control": "no-cache"},
        {"Cache-Control": "public, max-age=600"},
        {"Cache-Control": "public, s-maxage=0"},
        {"X-Accel-Expires": "600"},
        {"Cache-Control": f"private, {PUBLIC}"},
        {"Cache-Control": PUBLIC, "Set-Cookie": "sessionid=1"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ],
    ids=str,
)
@pytest.mark.parametrize("section", ["", "/media"])
def test_other_responses_are_not_cached(site, front, headers, section):
    site.headers = headers
    assert requests_passed_on(site, front, {}, {}, {}, section=section) == 3


@pytest.mark.parametrize(
    ("requests", "times"),
    [
        ([{}, GZIP, {"method": "HEAD"}, {"query": "?a=b"}, {"query": "?"}], 1),
        ([{"Cookie": "sessionid=1"}, {}, {"Cookie": "__Host-sessionid=1"}, {}], 3),
        ([{"Host": "one.example.org"}, {"Host": "other.example.org"}], 2),
    ],
)
def test_public_picture_is_requested_once_within_a_second(site, front, requests, times):
    site.headers = {"Cache-Control": PUBLIC_PICTURE_CACHE_CONTROL, "Content-Type": "image/avif"}
    assert requests_passed_on(site, front, *requests, section="/media/images") == times


@pytest.mark.parametrize("headers", [{}, {"Cache-Control": PUBLIC_PICTURE_CACHE_CONTROL}], ids=str)
def test_picture_that_nginx_sends_for_the_site_is_not_cached(site, front, tmp_path, headers):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"A picture.")
    site.headers = headers | {"X-Accel-Redirect": "/files/a.jpg", "Content-Type": "image/jpeg"}
    assert requests_passed_on(site, front, {}, {}, section="/media/images") == 2


@pytest.mark.parametrize("path", ["/documents/1/a.pdf", "/admin/"])
def test_documents_and_the_admin_are_not_cached(site, front, path):
    for _ in range(2):
        front.ask(path)
    assert len(site.asked) == 2


def test_static_files_are_cached_for_everybody(site, front):
    site.headers = {"Cache-Control": "max-age=315360000, public, immutable"}
    for headers in ({}, {"Cookie": "sessionid=1"}, {}):
        assert (
            front.ask("/static/site.css", **headers).headers["Cache-Control"] == site.headers["Cache-Control"]
        )
    assert len(site.asked) == 1


# The address of a page and of a picture, and the Cache-Control header with which the site sends it.
PUBLIC_ADDRESSES = {"/stories/one/": PUBLIC, "/media/images/a.avif": PUBLIC_PICTURE_CACHE_CONTROL}


@pytest.mark.parametrize("path", PUBLIC_ADDRESSES)
def test_what_is_withdrawn_is_gone_within_two_seconds(site, front, path):
    """nginx serves a page or picture for at most two seconds after the site made it.

    The body is the time when it was made, so the speed of this machine does not matter.
    """
    site.headers = {"Cache-Control": PUBLIC_ADDRESSES[path]}
    site.body = lambda: str(time.time()).encode()
    front.ask(path)
    site.status, site.headers, site.body = "410 Gone", {"Cache-Control": "no-store"}, lambda: b"Gone."
    end = time.monotonic() + PATIENCE
    while True:
        now = time.time()
        response = front.ask(path)
        if response.status == 410 or time.monotonic() > end:
            break
        assert now - float(response.content) < 2
    assert response.content == b"Gone."
    assert front.ask(path).status == 410, "and does not come back"


@pytest.mark.parametrize("path", PUBLIC_ADDRESSES)
def test_what_is_withdrawn_does_not_come_back_when_the_site_is_down(site, front, path):
    site.headers = {"Cache-Control": PUBLIC_ADDRESSES[path]}
    front.ask(path)
    site.status, site.headers, site.body = "410 Gone", {"Cache-Control": "no-store"}, lambda: b"Gone."
    end = time.monotonic() + PATIENCE
    while front.ask(path).status != 410:
        assert time.monotonic() < end
    site.stop()
    assert front.ask(path).status == 503


def test_compressed_page_is_passed_on_unchanged(site, front):
    site.headers |= {"Content-Encoding": "gzip", "ETag": '"one"', "Vary": "Accept-Encoding"}
    site.body = lambda: PAGE
    for _ in range(2):
        response = front.ask(Accept_Encoding="br, gzip")
        assert response.content == PAGE
        assert (response.headers["Content-Encoding"], response.headers["ETag"]) == ("gzip", '"one"')
        assert response.headers["Vary"] == "Accept-Encoding"
    assert site.asked[0]["HTTP_ACCEPT_ENCODING"] == "gzip"
    unchanged = front.ask(Accept_Encoding="gzip", If_None_Match='"one"')
    assert (unchanged.status, unchanged.content) == (304, b"")


def test_site_gets_host_scheme_and_address(site, front):
    front.ask("/a?q=b", Host="stories.example.org", X_Forwarded_Proto="https", X_Forwarded_For="1.2.3.4")
    (asked,) = site.asked
    assert asked["HTTP_HOST"] == "stories.example.org"
    assert asked["HTTP_X_FORWARDED_PROTO"] == "http", "the header of the visitor is replaced"
    assert asked["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert "HTTP_ACCEPT_ENCODING" not in asked
    assert (asked["PATH_INFO"], asked["QUERY_STRING"]) == ("/a", "q=b")


def test_nginx_can_terminate_tls(nginx_path, site, tmp_path):
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    files = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = create_default_context()
    context.check_hostname, context.verify_mode = False, CERT_NONE
    with front_server.running(nginx_path, site.address, tmp_path, certificate=tmp_path) as (port, _folder):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"Words."
        connection.close()
        site.stop()
        connection.request("GET", "/other/")
        response = connection.getresponse()
        response.read()
        assert response.headers["Strict-Transport-Security"] == HSTS
        connection.close()
    assert site.asked[0]["HTTP_X_FORWARDED_PROTO"] == "https"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_outage_page_is_sent_when_the_site_does_not_respond(site, front, tmp_path, method):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    assert front.ask("/maintenance.html").status == 404, "the page has no address of its own"
    site.stop()
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
def test_headers_may_repeat_a_long_address(site, front, length):
    address = f"/{'a' * length}/"
    site.headers |= {"Content-Language": "en", "Link": f"<http://example.org{address}>; rel=canonical"}
    assert front.ask(address).status == 200


def test_status_is_503_without_an_outage_page(site, front):
    site.stop()
    response = front.ask()
    assert (response.status, response.headers["Retry-After"]) == (503, "60")
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_nginx_sends_files_for_the_site(site, front, tmp_path):
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(b"A picture.")
    assert front.ask("/files/a.jpg").status == 404, "the location is internal"
    site.headers = {"X-Accel-Redirect": "/files/a.jpg", "Content-Type": "image/jpeg"}
    response = front.ask("/media/b.jpg")
    assert response.content == b"A picture."
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_only_the_admin_takes_large_bodies(site, front):
    limits = {
        "/admin/images/add/": 20 * 2**20,
        "/": 2**16,
        "/_util/login/": 2**16,
        "/documents/1/a.pdf": 2**16,
    }
    for path, limit in limits.items():
        for length, status in ((limit + 1, 413), (limit, 200)):
            connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=PATIENCE)
            connection.request("POST", path, headers={"Content-Length": str(length)})
            if status == 200:
                connection.send(b"x" * length)
            assert connection.getresponse().status == status, (path, length)
            connection.close()


def test_log_contains_nothing_about_visitors(site, front):
    front.ask("/search/?q=secret-words", User_Agent="secret-agent", Referer="http://secret-page/")
    site.stop()
    front.ask("/search/?q=secret-word", User_Agent="secret-agent", Cookie="secret-cookie")
    end = time.monotonic() + PATIENCE
    while (log := (front.folder / "access.log").read_text()).count("\n") < 2:
        assert time.monotonic() < end
    lines = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert re.fullmatch(r"GET /search/ 200 6 [\d.]+ MISS", lines[0])
    assert re.fullmatch(r"GET /maintenance.html 503 \d+ [\d.]+ MISS", lines[1])
    assert (front.folder / "error.log").read_text() == ""
