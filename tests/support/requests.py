"""Requests to a server that listens on a port of this machine, and servers in a thread.

`make container` uses them too.
"""

import http.client
import socket
from contextlib import contextmanager
from threading import Thread

PATIENCE = 120  # seconds
# A CSRF token of the length that Django expects.
TOKEN = "a" * 32


def answer(port, path):
    """Return the body of the response of the server at `port`, or b"" if it does not run."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (ConnectionError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


def begin_upload(port, https=False):
    """Send half of a form, wait until the site has begun to process it, and return the connection.

    The site refuses the form with 403, but only after it has read all of it, to look for TOKEN in it.
    `https`: whether the site is in production, where it expects the headers of a front server.
    """
    cookie = f"Cookie: {'__Host-' if https else ''}csrftoken={TOKEN}"
    lines = ["POST /admin/login/ HTTP/1.1", f"Host: 127.0.0.1:{port}", cookie, "Expect: 100-continue"]
    lines += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 10"]
    if https:
        # Without the first the site would redirect, and without the second refuse, before it reads the form.
        lines += ["X-Forwarded-Proto: https", f"Origin: https://127.0.0.1:{port}"]
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall("\r\n".join([*lines, "", "a=1&"]).encode())
    assert connection.recv(len(b"HTTP/1.1 100 Continue\r\n\r\n")).startswith(b"HTTP/1.1 100")
    return connection


def end_upload(connection):
    """Send the other half; return the first line of the response."""
    connection.sendall(b"b=2&c=")
    with connection, connection.makefile("rb") as file:
        first_line = file.readline().strip()
        # begin_upload() may not have read the empty line after "100 Continue".
        return first_line or file.readline().strip()


@contextmanager
def in_thread(server):
    """Context manager that lets `server`, of the module socketserver, answer in a thread, and yields it."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
