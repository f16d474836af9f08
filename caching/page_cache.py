"""WSGI middleware that caches whole public pages, compressed, while the content version stays the same.

A cached page is sent before Django makes a request object or runs its middleware. All other requests go on to
Django, which says in the WSGI environment whether the response may be cached (caching/cacheable.py).
docs/decisions/page-cache.md has a diagram of how a request is handled, and explains why this is safe.
"""

import gzip
from contextlib import closing
from functools import lru_cache

from django.conf import settings
from django.http.request import split_domain_port
from django.utils.http import parse_etags

from caching.cache_request import CacheRequest
from caching.cacheable import ENVIRON_KEY
from caching.content_version import content_version
from caching.page_store import PageStore
from caching.session_keys import has_genuine_session

# Headers of a response that is not the same for everybody, or that is already compressed.
UNCACHEABLE_HEADERS = {"cache-control", "content-encoding", "set-cookie"}


class PageCache:
    """A WSGI application that sends cached pages, and passes other requests on to `application`."""

    def __init__(self, application):
        self.application, self.store = application, PageStore()

    def __call__(self, environ, start_response):
        address = cacheable_address(environ)
        if address is None:
            return self.application(environ, start_response)
        cache_request = CacheRequest(self.store, address, environ)
        page = cache_request.find()
        # While one request makes an old page anew, the others get the old one, which has the same content
        # version, and is older than MAX_CACHE_SECONDS.
        if page and (page.is_fresh or cache_request.is_being_made(page)):
            return send(page, cache_request, start_response)
        environ[ENVIRON_KEY] = cache_request
        try:
            return self.ask_application(cache_request, page, environ, start_response)
        finally:
            cache_request.end()

    def ask_application(self, cache_request, old_page, environ, start_response):
        """Return the response of the application, and cache it if it is the same for everybody.

        If it fails, as while the database is down, return `old_page`, a CachedPage or None, if there is one,
        unless the content version is known to have changed since.
        """
        started = []

        def keep_start(status, headers, exc_info=None):
            started[:] = status, headers, exc_info

        body = self.application(environ, keep_start)
        status, headers, _exc_info = started
        page = cache_request.page
        if page:  # Another request made it, which may have taken long.
            cache_request.is_outdated = page.version != content_version.recent()
        is_stale = status.startswith("5") and old_page and old_page.version == content_version.recent()
        is_stale = is_stale and cache_request.version in {None, old_page.version}
        if is_stale:
            page = old_page
        is_cacheable = cache_request.is_cacheable and is_cacheable_response(status, headers)
        if page is None and not is_cacheable:
            start_response(*started)
            return body
        with closing(body):
            page = page or cache_request.keep(headers, b"".join(body))
        return send(page, cache_request, start_response, is_stale=is_stale)


# --- Requests ------------------------------------------------------------------------------------


def cacheable_address(environ):
    """Return scheme, host and path of a request that any visitor could have sent. None for others.

    Scheme and host are those of Django's request, without the port, because neither Wagtail's site nor an
    address in a page depends on the port in the header Host. A host that Django refuses gets no cached page,
    because Django never makes one for it.
    """
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
        return None
    if has_genuine_session(environ.get("HTTP_COOKIE", "")):
        return None
    # The name of a host has 253 characters at most. Longer headers would fill the memory of host_of().
    host, path = host_of(environ.get("HTTP_HOST", "")[:300]), environ.get("PATH_INFO", "")
    # Under a prefix, all links of a page are different. Files are no pages.
    if not host or environ.get("SCRIPT_NAME") or path.startswith((settings.STATIC_URL, settings.MEDIA_URL)):
        return None
    return scheme_of(environ), host, path


@lru_cache(maxsize=1000)
def host_of(host):
    """Return the name of the host in lower case, without the port; "" for an invalid one."""
    return split_domain_port(host)[0]


def scheme_of(environ):
    """Return what HttpRequest.scheme would be."""
    if settings.SECURE_PROXY_SSL_HEADER:
        name, secure = settings.SECURE_PROXY_SSL_HEADER
        if (value := environ.get(name)) is not None:
            return "https" if value.split(",", 1)[0].strip() == secure else "http"
    return environ["wsgi.url_scheme"]


# --- Responses -----------------------------------------------------------------------------------


def is_cacheable_response(status, headers):
    """Return whether a response has status 200, and its headers do not keep it from being cached."""
    values = [value for key, value in headers if key.lower() == "vary"]
    vary = {name.strip().lower() for value in values for name in value.split(",")}
    return (
        status.startswith("200 ")
        and UNCACHEABLE_HEADERS.isdisjoint(key.lower() for key, _value in headers)
        and vary <= {"accept-encoding"}
    )


def send(page, cache_request, start_response, is_stale=False):
    """Send the CachedPage `page`, compressed or plain, or status 304 if the visitor has it already.

    `is_stale`: whether to tell its age, so that a proxy knows that it is older than `s-maxage` allows.
    """
    takes_gzip, known = cache_request.takes_gzip, cache_request.known_etags
    etag = f'"{page.etag}-gzip"' if takes_gzip else f'"{page.etag}"'
    headers = [*page.headers, ("ETag", etag)]
    # While the page was made, it may have been withdrawn. No proxy may cache it, nor what a server in front
    # sends only to those who have a password.
    if cache_request.is_outdated or cache_request.has_authorization:
        headers = [header for header in headers if header[0] != "Cache-Control"]
        headers.append(("Cache-Control", "no-store"))
        known = ""  # A proxy would go on to use what it has if it were told that nothing changed.
    if is_stale:
        headers.append(("Age", str(int(page.age))))
    # `==` takes less time than parse_etags(). W/: a proxy that changes the compression may have weakened it.
    if known and (known == etag or not {"*", etag, f"W/{etag}"}.isdisjoint(parse_etags(known))):
        start_response("304 Not Modified", headers)
        return []
    body = page.body if takes_gzip else gzip.decompress(page.body)
    headers.append(("Content-Length", str(len(body))))
    if takes_gzip:
        headers.append(("Content-Encoding", "gzip"))
    start_response("200 OK", headers)
    return [] if cache_request.is_head else [body]
