"""nginx with deploy/nginx.conf: what it sends itself, passes on and logs.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import gzip
import http.client
import re
import subprocess
import time
from ssl import CERT_NONE, create_default_context

import pytest
from django.utils.http import http_date

from caching.outage import RETRY_AFTER
from tests.support import front_server
from tests.support.policies import FILE
from tests.support.upstream import Front, Upstream

pytestmark = pytest.mark.sqlite_only

HSTS = "max-age=31536000; includeSubDomains; preload"  # as in the settings of production
PATIENCE = 30  # seconds until nginx has written its log
PAGE = gzip.compress(b"<p>Words of the story.</p>" * 200)


def test_compressed_page_is_passed_on_unchanged(upstream, front):
    upstream.headers |= {"Content-Encoding": "gzip", "ETag": '"one"', "Vary": "Accept-Encoding"}
    upstream.body = lambda: PAGE
    for _ in range(2):  # The second response is from nginx's cache.
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
    running = front_server.running(nginx_path, upstream.address, tmp_path, certificate=tmp_path)
    with running as (port, _folder):
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"Words."
        connection.close()
        upstream.stop()  # so that nginx itself sends a response, with its own headers
        connection.request("GET", "/other/")
        response = connection.getresponse()
        response.read()
        assert response.headers["Strict-Transport-Security"] == HSTS
        connection.close()
    assert upstream.asked[0]["HTTP_X_FORWARDED_PROTO"] == "https"


@pytest.mark.parametrize("words", ["<p>Call 0800 1234.</p>", ""])
def test_outage_page_is_sent_when_the_site_does_not_respond(upstream, front, tmp_path, words):
    """Without words, there is no such page."""
    if words:
        (tmp_path / "maintenance.html").write_text(words)
    assert front.ask("/maintenance.html").status == 404, "the page has no address of its own"
    upstream.stop()
    for method in ("GET", "POST"):
        response = front.ask("/other/", method=method)
        headers = response.headers
        assert (response.status, headers["Retry-After"]) == (503, str(RETRY_AFTER))
        assert headers["Referrer-Policy"] == "no-referrer"
        # FILE, the policy of files, and besides the style sheet and pictures that are inside of the page.
        policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " + FILE.partition("; ")[2]
        assert headers["Content-Security-Policy"] == policy
        if words:
            assert (response.content.decode(), headers["Cache-Control"]) == (words, "no-store")
            assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("text/html", "nosniff")
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


# Characters of the path. gunicorn allows 4 KB, and nginx's default buffer for headers is no larger.
@pytest.mark.parametrize("length", [100, 3000, 4000])
def test_headers_may_repeat_a_long_address(upstream, front, length):
    address = f"/{'a' * length}/"
    upstream.headers |= {"Content-Language": "en", "Link": f"<http://example.org{address}>; rel=canonical"}
    assert front.ask(address).status == 200


def test_nginx_sends_files_for_the_site(upstream, front, tmp_path):
    (tmp_path / "media").mkdir()
    path = tmp_path / "media" / "a.jpg"
    path.write_bytes(b"A picture.")
    assert front.ask("/files/a.jpg").status == 404, "the location is internal"
    upstream.headers = {"X-Accel-Redirect": "/files/a.jpg", "Content-Type": "image/jpeg"}
    response = front.ask("/media/b.jpg", If_Modified_Since=http_date(path.stat().st_mtime))
    assert response.content == b"A picture."
    # These headers would say when the file was stored.
    assert not {"Last-Modified", "ETag"} & set(response.headers)
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_replica_is_asked_again_right_after_failures(nginx_path, tmp_path):
    """By default, nginx would leave out a replica for ten seconds after a failure."""
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
    # In an outage, and before a redirect, the site does not know whether there is such a page.
    hidden = ["404 Not Found", "410 Gone", "301 Moved Permanently", "403 Forbidden", "503 Outage"]
    for status in hidden:
        upstream.status = status
        front.ask("/stories/secret-name/")
    upstream.status = "302 Found"
    front.ask("/admin/pages/4/")
    upstream.stop()
    front.ask("/search/?q=secret-word", User_Agent="secret-agent", Cookie="secret-cookie")
    end = time.monotonic() + PATIENCE
    while (log := (front.folder / "access.log").read_text()).count("\n") < 8:
        assert time.monotonic() < end
    lines = [line.split(" ", 1)[1] for line in log.splitlines()]  # without the time
    # Method, path, status, bytes ("Words." has 6), seconds, and that the response was not cached. While the
    # site is down, nginx logs the path of the outage page, which it sends instead.
    assert re.fullmatch(r"GET /search/ 200 6 [\d.]+ -", lines[0])
    for status, line in zip(hidden, lines[1:], strict=False):
        assert re.fullmatch(rf"GET \.\.\. {status[:3]} 6 [\d.]+ MISS", line)
    assert lines[6].startswith("GET /admin/pages/4/ 302 ")
    assert re.fullmatch(r"GET /maintenance.html 503 \d+ [\d.]+ -", lines[7])
    assert (front.folder / "error.log").read_text() == ""
