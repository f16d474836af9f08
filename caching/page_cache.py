"""WSGI middleware that caches whole public pages, compressed, while the content version stays the same.

A cached page is sent before Django makes a request object or runs its middleware. All other requests go on to
Django, which says in the WSGI environment whether the response may be cached (caching/cacheable.py).
docs/decisions/page-cache.md has a diagram of how a request is handled, and explains why this is safe.
"""

import gzip
import hashlib
import re
import threading
import time
from contextlib import closing
from functools import lru_cache

from django.conf import settings
from django.http.request import split_domain_port
from django.utils.http import parse_etags

from caching.cacheable import ENVIRON_KEY, OUTAGE_KEY, normalise_query, parse_query
from caching.content_version import content_version
from caching.page_locks import PageInProgress, PageLocks
from caching.page_store import CachedPage, PageStore, hash_release, page_key
from caching.session_keys import has_genuine_session

# Seconds for which a request waits for another one that makes the same page.
MAX_WAIT_SECONDS = 4
# Seconds of a pause while a request waits for another process, or for a settled content version.
PAUSE = 0.02
# How often a request pauses until the content version is settled. A page that is begun between two statements
# of one change is made in vain, and slows the change down.
MAX_PAUSES = 15
# Parameters of addresses of WordPress. Requests with one of them always go on to Django, which may redirect.
FOREIGN_PARAMETERS = {"attachment_id", "author", "cat", "feed", "m", "p", "page_id", "tag"}
# Proxies cache a page for one second, and serve it for one more while they fetch it again.
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
# Headers of a response that is not the same for everybody, or that is already compressed.
UNCACHEABLE_HEADERS = {"cache-control", "content-encoding", "set-cookie"}
# In an Accept-Encoding header, the quality 0 refuses a coding.
REFUSED_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|\Z)", re.IGNORECASE)


class PageCache:
    """A WSGI application that sends cached pages, and passes other requests on to `application`.

    `max_pauses`: how often a request pauses while the content version is not settled.
    """

    def __init__(self, application, max_pauses=MAX_PAUSES):
        self.application, self.max_pauses = application, max_pauses
        hash_release()  # It is slow, and caches its result. Without this, the first request would wait.
        self.store = PageStore()
        self.lock = threading.Lock()
        # {(version, key): PageInProgress} of the pages that are being made.
        self.in_progress = {}
        self.locks = PageLocks(settings.DATA_DIR / "page_locks")

    def __call__(self, environ, start_response):
        address = cacheable_address(environ)
        if address is None:
            return self.application(environ, start_response)
        cache_request, page = self.begin_request(address, environ)
        # While one request makes an old page anew, the others get the old one, which has the same content
        # version, and is older than MAX_CACHE_SECONDS.
        if page and (page.is_fresh or cache_request.is_in_progress):
            return send(page, cache_request, start_response)
        environ[ENVIRON_KEY] = cache_request
        try:
            return self.ask_application(cache_request, page, environ, start_response)
        finally:
            cache_request.end()

    def begin_request(self, address, environ):
        """Return (CacheRequest, CachedPage or None). Without a page, pause until the version is settled."""
        for number in range(self.max_pauses + 1):
            cache_request = CacheRequest(self, address, content_version.read(), environ)
            page = cache_request.find()
            if page or number == self.max_pauses or content_version.is_settled(cache_request.version):
                return cache_request, page
            time.sleep(PAUSE)

    def ask_application(self, cache_request, old_page, environ, start_response):
        """Return the response of the application, and cache it if it is the same for everybody.

        If the database is down, return `old_page`, a CachedPage or None, if there is one.
        """
        started = []

        def keep_start(status, headers, exc_info=None):
            started[:] = status, headers, exc_info

        body = self.application(environ, keep_start)
        status, headers, _exc_info = started
        is_outage = environ.get(OUTAGE_KEY, False)
        page = old_page if is_outage else cache_request.page
        is_cacheable = cache_request.is_cacheable and is_cacheable_response(status, headers)
        if page is None and (is_outage or not is_cacheable):
            start_response(*started)
            return body
        with closing(body):
            page = page or cache_request.keep(headers, b"".join(body))
        return send(page, cache_request, start_response, is_stale=is_outage)


class CacheRequest:
    """A request that any visitor could have sent, while PageCache handles it.

    `address`: scheme, host and path, as Django has them. `version`: the content version at the beginning.
    `is_cacheable`: whether Django said that the response may be cached. `page`: the CachedPage to
    respond with, which another request made meanwhile or `keep` made, or None.
    """

    def __init__(self, page_cache, address, version, environ):
        self.page_cache, self.address, self.version = page_cache, address, version
        self.is_head = environ["REQUEST_METHOD"] == "HEAD"
        self.known_etags = environ.get("HTTP_IF_NONE_MATCH", "")
        self.takes_gzip = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        self.query = environ.get("QUERY_STRING", "")
        self.key = self.page = self.progress = None
        self.parameters = ()
        self.is_declared = self.is_cacheable = False

    def find(self):
        """Return the cached page, fresh or old, or None if it is missing or its parameters are not known.

        It is also None for a request with one of FOREIGN_PARAMETERS. The parameters that the pages at an
        address depend on are known from the last response to one of them.
        """
        query, store = self.query, self.page_cache.store
        if query:
            names = store.find_parameters(self.address, self.version)
            if names is None or not FOREIGN_PARAMETERS.isdisjoint(parse_query(query)):
                return None
            query = normalise_query(query, names)
        self.key = page_key(self.address, query)
        return store.find(self.key, self.version)

    @property
    def is_in_progress(self):
        return (self.version, self.key) in self.page_cache.in_progress

    def begin(self, parameters, query):
        """Say that the page depends on `parameters` only; `query`: these as a query string.

        Return whether the caller has to make the page. If not, `page` is the page, or None if another request
        or process takes longer than MAX_WAIT_SECONDS to make it.
        """
        if self.is_declared:
            # A further declaration for the same request. They may contradict each other: cache nothing.
            self.is_cacheable = False
            return True
        page_cache, version = self.page_cache, self.version
        self.is_declared = self.is_cacheable = True
        self.key = page_key(self.address, query)
        self.parameters = parameters
        if version is None:
            return True
        with page_cache.lock:
            other = page_cache.in_progress.get((version, self.key))
            if other is None:
                self.progress = page_cache.in_progress[version, self.key] = PageInProgress()
        may_make = other is None and page_cache.locks.acquire(version, self.key)
        # Look for the page only now: a request that makes a page stores it before others may go on.
        found = page_cache.store.find(self.key, version)
        # As in PageCache: an old page will do while another request makes it anew.
        if found and (found.is_fresh or not may_make):
            self.use(found)
            return False
        if may_make:
            return True
        if other:
            has_ended, page = other.done.wait(MAX_WAIT_SECONDS), other.page
        else:
            has_ended, page = self.wait_for_process()
        if page:
            self.use(page)
        # Without a page, the other response was an error, which may not concern this request.
        return has_ended and page is None

    def wait_for_process(self):
        """Wait for the process that makes the page. Return whether it ended in time, and its page or None."""
        for _pause in range(round(MAX_WAIT_SECONDS / PAUSE)):
            time.sleep(PAUSE)
            has_ended = self.page_cache.locks.acquire(self.version, self.key)
            page = self.page_cache.store.find(self.key, self.version)
            if has_ended or page:
                return True, page
        return False, None

    def use(self, page):
        """Set the CachedPage `page` as the response, and remember which parameters it depends on."""
        self.page = page
        if self.progress:
            self.progress.page = page
        store = self.page_cache.store
        # Other processes need the parameters only of addresses that are requested with some.
        store.add_parameters(self.address, self.version, self.parameters, is_shared=bool(self.query))

    def keep(self, headers, body):
        """Return the response as a CachedPage, after adding it to the cache."""
        page = make_page(self.version, headers, body)
        if self.version is not None:
            self.page_cache.store.add(self.key, page)
        self.use(page)
        return page

    def end(self):
        """Let the requests and processes go on that wait for the page of this one."""
        if self.progress:
            self.page_cache.locks.release(self.version, self.key)
            with self.page_cache.lock:
                del self.page_cache.in_progress[self.version, self.key]
            self.progress.done.set()


# --- Requests ------------------------------------------------------------------------------------


def cacheable_address(environ):
    """Return scheme, host and path of a request that any visitor could have sent. None for others.

    Scheme and host are those of Django's request, without the port, because neither Wagtail's site nor an
    address in a page depends on the port in the header Host. A host that Django refuses gets no cached page,
    because Django never makes one for it.
    """
    if environ["REQUEST_METHOD"] not in {"GET", "HEAD"} or "HTTP_AUTHORIZATION" in environ:
        return None
    if has_genuine_session(environ.get("HTTP_COOKIE", "")):
        return None
    host, path = host_of(environ.get("HTTP_HOST", "")), environ.get("PATH_INFO", "")
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


def accepts_gzip(accept_encoding):
    return "gzip" in accept_encoding.lower() and not REFUSED_GZIP.search(accept_encoding)


# --- Responses -----------------------------------------------------------------------------------


def is_cacheable_response(status, headers):
    """Return whether a response has status 200, and its headers do not keep it from being cached."""
    vary = {
        name.strip().lower() for key, value in headers if key.lower() == "vary" for name in value.split(",")
    }
    return (
        status.startswith("200 ")
        and UNCACHEABLE_HEADERS.isdisjoint(key.lower() for key, _value in headers)
        and vary <= {"accept-encoding"}
    )


def make_page(version, headers, body):
    """Return a CachedPage with those `headers` that all its responses have. `send` adds the others."""
    kept = [header for header in headers if header[0].lower() not in {"content-length", "etag", "vary"}]
    kept += [("Cache-Control", PAGE_CACHE_CONTROL), ("Vary", "Accept-Encoding")]
    etag = hashlib.sha256(body).hexdigest()[:32]
    # Without the time, equal bodies are equal when compressed too, as their equal ETags promise.
    return CachedPage(version, time.time(), etag, tuple(kept), gzip.compress(body, mtime=0))


def send(page, cache_request, start_response, is_stale=False):
    """Send the CachedPage `page`, compressed or plain, or status 304 if the visitor has it already.

    `is_stale`: whether to tell its age, so that a proxy knows that it is older than `s-maxage` allows.
    """
    takes_gzip, known = cache_request.takes_gzip, cache_request.known_etags
    etag = f'"{page.etag}-gzip"' if takes_gzip else f'"{page.etag}"'
    headers = [*page.headers, ("ETag", etag)]
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
