"""A test client whose requests pass through the whole WSGI application, as those of a web server do.

Django's own client begins inside the application, so it never gets a page from the page cache.
"""

from io import BytesIO

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client
from django.test.client import conditional_content_removal

from caching import cacheable, page_cache, page_store
from caching.content_version import content_version


class Request(WSGIRequest):
    # As with Django's own client.
    _dont_enforce_csrf_checks = True


class Handler(WSGIHandler):
    request_class = Request


class SiteClient(Client):
    """Django's test client for one process of the site: with its own page cache, or that of `process`."""

    def __init__(self, process=None, **options):
        super().__init__(**options)
        self.process = process or page_cache.PageCache(Handler())
        self.handler = self.ask

    def ask(self, environ):
        """Send the request `environ` to the application; return its response as an HttpResponse."""
        started = []
        environ.setdefault("HTTP_HOST", environ["SERVER_NAME"])  # Browsers always send it.
        # As in Django's own client: the connection belongs to the test.
        request_started.disconnect(close_old_connections)
        request_finished.disconnect(close_old_connections)
        try:
            body = self.process(environ, lambda *arguments: started.extend(arguments))
            content = b"".join(body)
            if hasattr(body, "close"):
                body.close()
        finally:
            request_started.connect(close_old_connections)
            request_finished.connect(close_old_connections)
        status, headers = started[:2]
        cookies = [value for name, value in headers if name == "Set-Cookie"]
        headers = {name: value for name, value in headers if name != "Set-Cookie"}
        response = HttpResponse(content, status=int(status.split()[0]), headers=headers)
        for cookie in cookies:
            response.cookies.load(cookie)
        response.wsgi_request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
        conditional_content_removal(response.wsgi_request, response)
        return response


class NoMakers(dict):
    """Takes the place of the requests that make pages, so that no request waits for another one."""

    def setdefault(self, key, value):
        return value

    def __delitem__(self, key):
        pass


def forget_pages(process):
    """Let `process`, a PageCache, cache no page, for measurements of how pages are made."""
    process.store = page_store.PageStore()
    process.store.find = process.store.add = lambda *_arguments: None
    process.store.makers = NoMakers()


def cacheable_application(make, parameters=()):
    """Return a WSGI application that lets the page cache store its responses.

    `make` takes the request and returns the response. `parameters`: the names of those that it reads.
    """

    def application(environ, start_response):
        request = WSGIRequest(environ)
        if cache_request := environ.get(cacheable.ENVIRON_KEY):
            cache_request.version = content_version.read()  # as caching/middleware.py does
        response = cacheable.begin_cacheable(request, parameters) or make(request)
        cookies = [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        return response

    return application
