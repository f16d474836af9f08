"""A server that takes the place of the site behind nginx, and a client for nginx."""

import http.client
import threading
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from caching.cache_request import PAGE_CACHE_CONTROL

PATIENCE = 30  # seconds for a response


class Upstream:
    """A server in place of the site. It returns the response that the test sets, and records the requests."""

    def __init__(self, port=0):
        self.status, self.headers = "200 OK", {"Cache-Control": PAGE_CACHE_CONTROL}
        self.body = lambda: b"Words."
        self.asked = []
        self.server = make_server("127.0.0.1", port, self.answer, ThreadingServer, QuietHandler)
        self.port = self.server.server_port
        self.address = f"127.0.0.1:{self.port}"
        options = {"poll_interval": 0.01}
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs=options, daemon=True)
        self.thread.start()

    def answer(self, environ, start_response):
        self.asked.append(environ)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(self.status, list(self.headers.items()))
        return [self.body()]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def running_upstream():
    """Context manager that yields a running Upstream."""
    upstream = Upstream()
    yield upstream
    upstream.stop()


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
