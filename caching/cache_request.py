"""A request for a public page: which page it gets, and whether it makes it or waits for another request."""

import gzip
import hashlib
import re
import time

from caching.busy import places
from caching.cacheable import normalise_query, parse_query
from caching.page_locks import Reservation
from caching.page_store import CachedPage, page_key

# Seconds for which a request waits for others that make the same page.
MAX_WAIT_SECONDS = 4
# Parameters of addresses of WordPress. Requests with one of them always go on to Django, which may redirect.
FOREIGN_PARAMETERS = {"attachment_id", "author", "cat", "feed", "m", "p", "page_id", "tag"}
# Proxies cache a page for one second, and serve it for one more while they fetch it again.
PAGE_CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
# The query strings of a page without parameters, and of its text-only version. The others filter a list.
UNLIMITED_QUERIES = {"", "text=1"}
# In an Accept-Encoding header, the quality 0 refuses a coding.
REFUSED_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|\Z)", re.IGNORECASE)


class CacheRequest:
    """A request that any visitor could have sent, while PageCache handles it.

    `address`: scheme, host and path, as Django has them. `as_sent`: the address and the query string.
    `version`: the content version at the beginning. `is_cacheable`: whether Django said that the response may
    be cached. `page`: the CachedPage to respond with, which another request made meanwhile or `keep` made, or
    None. `has_ended`: whether the request that this one waited for ended in time; None before.
    """

    def __init__(self, page_cache, address, version, environ):
        self.page_cache, self.address, self.version = page_cache, address, version
        self.is_head = environ["REQUEST_METHOD"] == "HEAD"
        self.has_authorization = "HTTP_AUTHORIZATION" in environ
        self.known_etags = environ.get("HTTP_IF_NONE_MATCH", "")
        self.takes_gzip = accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        self.query = environ.get("QUERY_STRING", "")
        self.as_sent = (address, self.query)
        self.key = self.page = self.reservation = self.has_ended = None
        self.parameters = ()
        self.is_declared = self.is_cacheable = self.has_place = False

    def find(self):
        """Return the cached page, fresh or old, or None if it is missing or its parameters are not known.

        It is also None for a request with one of FOREIGN_PARAMETERS. The parameters that the pages at an
        address depend on are known from the last response to one of them.
        """
        query, store = self.query, self.page_cache.store
        if query:
            names = store.find_parameters(self.address, self.version)
            if names is None or self.has_foreign_parameter:
                return None
            query = normalise_query(query, names)
        self.key = page_key(self.address, query)
        return store.find(self.key, self.version)

    def find_expected(self):
        """Wait for another request that seems to make the same page. Return the page, or None without one.

        Which page the response will be is known from the last one that Django gave to the same address and
        query string. Requests that wait here don't take the time that Django needs for a request.
        """
        key = self.page_cache.store.expected_keys.get(self.as_sent)
        if key is None or self.version is None:
            return None
        self.reserve(key)
        if self.reservation.may_make:
            return None
        self.wait()
        # Not the page of `key`: the parameters of the address may have changed since that response.
        return self.find()

    @property
    def has_foreign_parameter(self):
        return not FOREIGN_PARAMETERS.isdisjoint(parse_query(self.query))

    @property
    def is_in_progress(self):
        return (self.version, self.key) in self.page_cache.locks.reservations

    @property
    def has_taken_time(self):
        """Whether the page was made or waited for, and not found in the cache at once."""
        return self.is_declared or self.has_ended is not None

    def reserve(self, key):
        """Take a place among the requests for the page of `key`, unless this one makes it already."""
        reservation = self.reservation
        if not (reservation and reservation.may_make and reservation.key == key):
            self.end()
            self.reservation = Reservation(self.page_cache.locks, self.version, key)

    def wait(self):
        """Wait for the request that makes the page. Return whether it ended in time.

        A request waits only once. Later calls return the same.
        """
        if self.has_ended is None:
            self.has_ended = self.reservation.wait(MAX_WAIT_SECONDS)
        return self.has_ended

    def begin(self, parameters, query):
        """Say that the page depends on `parameters` only; `query`: these as a query string.

        Return whether the caller has to make the response. If not, `page` is the page, or None if another
        request or process takes longer than MAX_WAIT_SECONDS to make it, or if the process is busy.
        """
        if self.is_declared:
            # A further declaration for the same request. They may contradict each other: cache nothing.
            self.is_cacheable = False
            return True
        store, version = self.page_cache.store, self.version
        self.is_declared = self.is_cacheable = True
        self.key = page_key(self.address, query)
        self.parameters = parameters
        if version is None:
            return True
        self.reserve(self.key)
        may_make = self.reservation.may_make
        # Look for the page only now: a request that makes a page stores it before others may go on.
        page, has_ended = store.find(self.key, version), True
        # As in PageCache: an old page will do while another request makes it anew.
        if page and may_make and not page.is_fresh:
            page = None
        elif page is None and not may_make:
            has_ended = self.wait()
            page = store.find(self.key, version)
        if page:
            self.use(page)
        # Without a page, the other response was an error, which may not concern this request.
        may_make = has_ended and page is None
        self.has_place = may_make and query not in UNLIMITED_QUERIES and places.acquire(blocking=False)
        return may_make and (self.has_place or query in UNLIMITED_QUERIES)

    def use(self, page):
        """Set the CachedPage `page` as the response; remember its key and which parameters it depends on."""
        self.page = page
        store = self.page_cache.store
        if not self.has_foreign_parameter:
            store.expect(self.as_sent, self.key)
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
        """Let the requests and processes go on that wait for this one."""
        if self.reservation:
            self.reservation.end()
            self.reservation = None
        if self.has_place:
            places.release()
            self.has_place = False


def accepts_gzip(accept_encoding):
    return "gzip" in accept_encoding.lower() and not REFUSED_GZIP.search(accept_encoding)


def make_page(version, headers, body):
    """Return a CachedPage with those `headers` that all its responses have. `send` adds the others."""
    kept = [header for header in headers if header[0].lower() not in {"content-length", "etag", "vary"}]
    kept += [("Cache-Control", PAGE_CACHE_CONTROL), ("Vary", "Accept-Encoding")]
    etag = hashlib.sha256(body).hexdigest()[:32]
    # Without the time, equal bodies are equal when compressed too, as their equal ETags promise.
    return CachedPage(version, time.time(), etag, tuple(kept), gzip.compress(body, mtime=0))
