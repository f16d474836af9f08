"""nginx with deploy/nginx.conf: what it sends itself, passes on and logs.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import gzip
import json
import time

import pytest
from django.utils.http import http_date

from caching.outage import RETRY_AFTER
from tests.support import front_server
from tests.support.policies import FILE
from tests.support.upstream import Front, Upstream, running_upstream

pytestmark = pytest.mark.sqlite_only

HSTS = "max-age=86400"
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
        assert "Strict-Transport-Security" not in headers, "the site says for how long"
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
    upstream.headers["Strict-Transport-Security"] = HSTS
    response = front.ask("/media/b.jpg", If_Modified_Since=http_date(path.stat().st_mtime))
    assert response.content == b"A picture."
    # These headers would say when the file was stored.
    assert not {"Last-Modified", "ETag"} & set(response.headers)
    assert response.headers["Content-Security-Policy"] == FILE
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Strict-Transport-Security"] == HSTS, "that of the site"
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


def test_static_file_that_only_one_version_has_is_found_while_two_run(nginx_path, tmp_path):
    with running_upstream() as old, running_upstream() as new:
        replicas = [old.address, new.address]
        with front_server.running(nginx_path, replicas, tmp_path) as (port, folder):
            old.status, front = "404 Not Found", Front(port, folder)
            assert [front.ask(f"/static/{number}.css").status for number in range(4)] == [200] * 4
            assert sorted(front.ask(f"/{number}/").status for number in range(4)) == [200, 200, 404, 404]
            new.status = "404 Not Found"
            assert front.ask("/static/none.css").status == 404


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
    lines = [json.loads(line) for line in log.splitlines()]
    # While the site is down, nginx logs the path of the outage page, which it sends instead.
    expected = [("/search/", "200", ""), *(("...", status[:3], "MISS") for status in hidden)]
    expected += [("/admin/pages/4/", "302", ""), ("/maintenance.html", "503", "")]
    assert [(line["path"], line["status"], line["cache"]) for line in lines] == expected
    assert {line["method"] for line in lines} == {"GET"}
    assert [line["site"] for line in lines] == [*(line["status"] for line in lines[:7]), "502"]
    assert [line["bytes"] for line in lines[:7]] == [6] * 7
    names = {"time", "method", "path", "status", "bytes", "seconds", "cache", "site"}
    assert {*map(frozenset, lines)} == {frozenset(names)}
    assert (front.folder / "error.log").read_text() == ""
