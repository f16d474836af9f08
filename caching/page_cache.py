"""Middleware that caches whole public pages, compressed, while the content version stays the same.

A page is cached in the memory of the process that made it and, for the other processes, in the Django cache
"pages" (files in the data folder, or CACHE_URL). While the database is down, pages are served for a little
longer. docs/decisions/page-cache.md says why this is safe.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.core.cache import caches
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from caching.content_version import MAX_CACHE_SECONDS, content_version
from caching.outage import is_outage, outage_page
from caching.session_keys import has_genuine_session
from caching.versioned_cache import set_request_version

# Seconds for which a page is served when it can't be made anew, because the database is down.
MAX_STALE_SECONDS = 120
# Seconds for which no page is made after the database failed.
OUTAGE_PAUSE_SECONDS = 1
# Bytes of all compressed pages that one process has in memory.
MAX_STORE_BYTES = 32 * 1024 * 1024
# The query parameters that pages read. Others are ignored: they could make any number of cached pages.
PARAMETERS = {"country", "page", "text", "theme", "year"}
# Names of the views, besides Wagtail pages, that are the same for everybody.
CACHEABLE_VIEWS = {"feed", "robots", "sitemap"}
# Proxies cache a page for one second, and serve it for one more while they fetch it again.
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A response with status 200.

    `version`: the content version when the page was begun. `made`: seconds since the epoch. `body`: the body,
    compressed with gzip. `etag`: of the plain body, without quotation marks.
    """

    version: object
    made: float
    etag: str
    body: bytes
    headers: dict

    @property
    def age(self):
        """The seconds since the page was made."""
        return time.time() - self.made


class PageCacheMiddleware:
    """Answers requests from the cache, and caches responses that are the same for everybody.

    It has to stand above all middleware that changes a page, but for those that set the same headers on every
    response.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.store = PageStore()
        # The keys of the pages that other threads are making.
        self.keys_in_progress = set()
        # The time.monotonic() until which no page is made, after the database failed.
        self.pause_until = 0

    def __call__(self, request):
        if not is_cacheable_request(request):
            return self.get_response(request)
        version = content_version.read()
        with set_request_version(version):
            return self.respond(request, version)

    def respond(self, request, version):
        """Return the response to `request`: the cached page, a page made now, or the outage page."""
        key, is_exact = cache_key(request)
        page = self.store.find(key, version)
        if page and page.age < MAX_CACHE_SECONDS:
            return response_from(request, page)
        # While another thread makes the page anew, the old one is served.
        if page and key in self.keys_in_progress:
            return response_from(request, page)
        if time.monotonic() < self.pause_until:
            return response_from(request, page, is_stale=True) if page else outage_page()
        if not is_exact:
            return self.make_response(request, key, version, page)
        request.page_cache_key = key
        self.keys_in_progress.add(key)
        try:
            return self.make_response(request, key, version, page)
        finally:
            self.keys_in_progress.discard(key)

    def make_response(self, request, key, version, old_page):
        """Return the response of the site, and cache it if it is the same for everybody.

        If the database is down, return `old_page`, a CachedPage or None, or else the outage page.
        """
        response = self.get_response(request)
        if is_outage(response):
            self.pause_until = time.monotonic() + OUTAGE_PAUSE_SECONDS
            return response_from(request, old_page, is_stale=True) if old_page else response
        if not is_cacheable_response(request, response):
            return response
        page = make_cached_page(response, version)
        if version is not None:
            self.store.add(key, page)
        return response_from(request, page)


class PageStore:
    """The cached pages of this process, and of the other processes through the Django cache "pages".

    When the pages of this process take more than MAX_STORE_BYTES, those that were stored first are deleted
    (first in, first out).
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.version, self.pages, self.size = None, OrderedDict(), 0

    def start_version(self, version):
        """Delete the pages of older content versions, so that no withdrawn text stays on the disk."""
        with self.lock:
            is_first, self.version = self.version is None, version
            self.pages, self.size = OrderedDict(), 0
        # Pages in the cache of CACHE_URL expire by themselves, after MAX_STALE_SECONDS.
        if not is_first and not settings.CACHE_URL:
            caches["pages"].clear()

    def find(self, key, version):
        """Return the CachedPage of `key` that was made at the content version `version`, or None."""
        if version is None:
            return None
        if version != self.version:
            self.start_version(version)
        page = self.pages.get(key)
        if page is None or page.version != version or page.age >= MAX_CACHE_SECONDS:
            page = self.find_shared(key) or page
        if page is None or page.version != version or not 0 <= page.age < MAX_STALE_SECONDS:
            return None
        return page

    def find_shared(self, key):
        """Return the page that another process stored, or None."""
        page = caches["pages"].get(key)
        if page:
            self.add_to_memory(key, page)
        return page

    def add(self, key, page):
        self.add_to_memory(key, page)
        with suppress(OSError):  # The disk is full. The page can be served all the same.
            caches["pages"].set(key, page, MAX_STALE_SECONDS)

    def add_to_memory(self, key, page):
        with self.lock:
            if old := self.pages.pop(key, None):
                self.size -= len(old.body)
            self.pages[key] = page
            self.size += len(page.body)
            while self.size > MAX_STORE_BYTES:
                _key, first = self.pages.popitem(last=False)
                self.size -= len(first.body)


def is_cacheable_request(request):
    """Return whether any visitor could have sent `request`, and its response may come from the cache."""
    meta = request.META
    return (
        settings.PAGE_CACHE
        and request.method in {"GET", "HEAD"}
        and "HTTP_AUTHORIZATION" not in meta
        and not has_genuine_session(meta.get("HTTP_COOKIE", ""))
        and not request.path_info.startswith(settings.STATIC_URL)
    )


def cache_key(request):
    """Return the cache key for `request`, and whether its response may be stored under it.

    Query parameters that no page reads are ignored in the key. With such a parameter, or with one that is
    given twice, a cached page may be served, but none is stored.
    """
    query = request.META.get("QUERY_STRING", "")
    parameters = parse_qsl(query, keep_blank_values=True) if query else []
    known = [(name, value) for name, value in parameters if name in PARAMETERS]
    is_exact = len(known) == len(parameters) == len(dict(parameters))
    if not is_exact:
        query = urlencode(known)
    address = f"{request.scheme}://{request.META.get('HTTP_HOST', '')}{request.path_info}?{query}"
    # Hashed, as Django warns on standard error about keys with spaces or of more than 250 characters, and
    # prints them.
    return hashlib.sha256(address.encode(errors="backslashreplace")).hexdigest(), is_exact


def is_cacheable_response(request, response):
    """Return whether `response` is a public page, with nothing in it that is meant for one visitor."""
    if not hasattr(request, "page_cache_key"):
        return False
    match = request.resolver_match
    is_public = getattr(request, "is_public_page", False) or (match and match.view_name in CACHEABLE_VIEWS)
    return (
        is_public
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "Cookie" not in response.get("Vary", "")
        and "Cache-Control" not in response
    )


def make_cached_page(response, version):
    body = response.content
    etag = hashlib.sha256(body).hexdigest()[:32]
    response["Cache-Control"] = PAGE_CACHE_CONTROL
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {name: value for name, value in response.items() if name not in {"Content-Length", "ETag"}}
    return CachedPage(version, time.time(), etag, gzip.compress(body, mtime=0), headers)


def response_from(request, page, is_stale=False):
    """Return the response to `request` with the CachedPage `page`: 304, compressed or plain.

    `is_stale`: whether to tell its age in the header Age.
    """
    takes_gzip = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
    etag = f'"{page.etag}-gzip"' if takes_gzip else f'"{page.etag}"'
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and (known == etag or not {"*", etag, f"W/{etag}"}.isdisjoint(parse_etags(known))):
        response = HttpResponseNotModified()
        response.headers = {}
    else:
        response = HttpResponse(page.body if takes_gzip else gzip.decompress(page.body))
        response["Content-Length"] = len(response.content)
        if takes_gzip:
            response["Content-Encoding"] = "gzip"
    for name, value in page.headers.items():
        response[name] = value
    response["ETag"] = etag
    if is_stale:
        response["Age"] = int(page.age)
    return response
