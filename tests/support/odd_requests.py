"""Odd request lines and headers, sent to gunicorn, give no server error and change no cached page.

Most of the requests have the word "evil" where it could get into a link. No cached page may repeat it.
"""

import socket
import time

from caching import content_version
from tests.support import builders, production

REQUESTS = [
    "GET http://evil.example/stories/ HTTP/1.1\r\nHost: {host}",
    "GET https://{host}/stories/?evil=1 HTTP/1.1\r\nHost: {host}",
    "GET //evil.example/stories/ HTTP/1.1\r\nHost: {host}",
    "GET ///stories/ HTTP/1.1\r\nHost: {host}",
    "GET /stories/%2e%2e/evil HTTP/1.1\r\nHost: {host}",
    "GET /stories/?country=%00evil&%00&=&text=%FF HTTP/1.1\r\nHost: {host}",
    "GET /%73tories/?evil#/evil HTTP/1.1\r\nHost: {host}",
    "GET /evil/stories/ HTTP/1.1\r\nHost: {host}\r\nSCRIPT_NAME: /evil",
    "GET /stories/ HTTP/1.1\r\nHost: {host}\r\nSCRIPT_NAME: /evil",
    "GET /stories/ HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil",
    "GET /stories/ HTTP/1.1\r\nHost: {host}:evil",
    "GET /stories/ HTTP/1.1\r\nHost: evil.example",
    "GET /stories/ HTTP/1.1\r\nHost: {host}\r\nHost: evil.example",
    "GET /stories/ HTTP/1.0",
    "HEAD /stories/ HTTP/1.1\r\nHost: {host}\r\nRange: bytes=0-1",
    "POST /stories/ HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\n\r\nevil=1",
    "OPTIONS * HTTP/1.1\r\nHost: {host}",
    "EVIL /stories/ HTTP/1.1\r\nHost: {host}",
]


def send(site, request):
    """Return the status of the response to `request`, which is sent as it is, as if over HTTPS."""
    text = request.format(host=production.HOST)
    head, _separator, body = text.partition("\r\n\r\n")
    text = f"{head}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n{body}"
    with socket.create_connection(("127.0.0.1", site.port), timeout=production.PATIENCE) as connection:
        connection.sendall(text.encode())
        return int(connection.makefile("rb").readline().split()[1])


def check_odd_requests(site):
    """Send REQUESTS to the Site `site`, whose database is that of this process."""
    builders.make_story("The story")
    end = time.monotonic() + production.PATIENCE
    while b"The story" not in site.ask("/stories/")[2] and time.monotonic() < end:
        pass  # A process notices a change after half a second.
    for request in REQUESTS:
        content_version.change()  # so that a page is made soon
        status = send(site, request)
        assert status < 500, (request, site.output()[-6000:])  # with the end of the log
        status, headers, body = site.ask("/stories/")
        assert (status, b"The story" in body, b"evil" in body.lower()) == (200, True, False), request
        assert "s-maxage" in headers["Cache-Control"]  # it is a page of the page cache
    assert "Traceback" not in site.output()
