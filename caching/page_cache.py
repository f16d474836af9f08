"""Keeps public pages whole and compressed, as long as nothing changed, and a little longer when the database
is away.

A page is kept in the memory of the process that made it and, for the other processes, in the cache
"pages" (files in the data folder, or CACHE_URL). docs/decisions/page-cache.md says what is safe about it.
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

from caching.generation import mark, visit
from caching.outage import is_outage, outage_page

# In seconds. After FRESH a page is made anew: what slips past the mark lasts no longer.
FRESH = 60
# How long a page that was confirmed may be shown when it can't be made, for the database is away.
CONFIRMED = 120
# After the database failed, it is left alone so long.
PAUSE = 1
MOST_BYTES = 32 * 1024 * 1024
# What the pages themselves understand. Any other parameter could make any number of copies.
PARAMETERS = {"country", "page", "text", "theme", "year"}
# Beside pages, what everybody may see.
VIEWS = {"feed", "robots", "sitemap"}
# Front caches keep a page one second, and one more while they fetch it anew.
FOR_ALL = "public, max-age=0, s-maxage=1, stale-while-revalidate=1"


@dataclass(frozen=True, slots=True)
class Copy:
    """A page as it was made at the time `made`: its body compressed, its headers, and the mark of then."""

    mark: object
    made: float
    etag: str
    packed: bytes
    headers: dict

    @property
    def age(self):
        return time.time() - self.made


class PageCacheMiddleware:
    """Around all that makes a page: only the headers that are the same for every answer come later."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.copies = Copies()
        self.in_work = set()
        self.pause_until = 0

    def __call__(self, request):
        if not is_visit(request):
            return self.get_response(request)
        now = mark.read()
        with visit(now):
            return self.answer(request, now)

    def answer(self, request, now):
        """Return the kept page that `request` asks for, or that of the site."""
        key, is_exact = key_of(request)
        copy = self.copies.find(key, now)
        if copy and copy.age < FRESH:
            return copy_for(request, copy)
        # Whoever comes while the page is made anew gets it as it is.
        if copy and key in self.in_work:
            return copy_for(request, copy)
        if time.monotonic() < self.pause_until:
            return copy_for(request, copy, is_old=True) if copy else outage_page()
        if not is_exact:
            return self.make(request, key, now, copy)
        request.copy_key = key
        self.in_work.add(key)
        try:
            return self.make(request, key, now, copy)
        finally:
            self.in_work.discard(key)

    def make(self, request, key, now, copy):
        """Return the answer of the site, and keep it when it is for everybody."""
        response = self.get_response(request)
        if is_outage(response):
            self.pause_until = time.monotonic() + PAUSE
            return copy_for(request, copy, is_old=True) if copy else response
        if not will_be_kept(request, response):
            return response
        copy = pack(response, now)
        if now is not None:
            self.copies.keep(key, copy)
        return copy_for(request, copy)


class Copies:
    """The copies of this process, of which those not asked for longest go first, and of the others."""

    def __init__(self):
        self.lock = threading.Lock()
        self.mark, self.by_key, self.bytes = None, OrderedDict(), 0

    def forget(self, now):
        """Delete the copies of an older mark than `now`: words that were taken off lie about nowhere."""
        with self.lock:
            is_first, self.mark = self.mark is None, now
            self.by_key, self.bytes = OrderedDict(), 0
        if not is_first and not settings.CACHE_URL:  # there, they go by themselves, after two minutes
            caches["pages"].clear()

    def find(self, key, now):
        """Return the copy of a page that is good for the mark `now`, or None."""
        if now is None:
            return None
        if now != self.mark:
            self.forget(now)
        copy = self.by_key.get(key)
        if copy is None or copy.mark != now or copy.age >= FRESH:
            copy = self.find_with_others(key) or copy
        if copy is None or copy.mark != now or not 0 <= copy.age < CONFIRMED:
            return None
        return copy

    def find_with_others(self, key):
        copy = caches["pages"].get(key)
        if copy:
            self.keep_here(key, copy)
        return copy

    def keep(self, key, copy):
        self.keep_here(key, copy)
        with suppress(OSError):  # a full disk: the page is there all the same
            caches["pages"].set(key, copy, CONFIRMED)

    def keep_here(self, key, copy):
        with self.lock:
            if old := self.by_key.pop(key, None):
                self.bytes -= len(old.packed)
            self.by_key[key] = copy
            self.bytes += len(copy.packed)
            while self.bytes > MOST_BYTES:
                _key, oldest = self.by_key.popitem(last=False)
                self.bytes -= len(oldest.packed)


def is_visit(request):
    """Return whether `request` may come from anybody, and asks for what may be kept."""
    meta = request.META
    return (
        settings.PAGE_CACHE
        and request.method in {"GET", "HEAD"}
        and "HTTP_AUTHORIZATION" not in meta
        and settings.SESSION_COOKIE_NAME not in meta.get("HTTP_COOKIE", "")
        and not request.path_info.startswith(settings.STATIC_URL)
    )


def key_of(request):
    """Return what a copy for `request` is kept under, and whether its answer may become one.

    Parameters that no page knows, as other sites add them to links, change nothing in the copy that is there.
    """
    query = request.META.get("QUERY_STRING", "")
    asked = parse_qsl(query, keep_blank_values=True) if query else []
    known = [(name, value) for name, value in asked if name in PARAMETERS]
    is_exact = len(known) == len(asked) == len(dict(asked))
    if not is_exact:
        query = urlencode(known)
    address = f"{request.scheme}://{request.META.get('HTTP_HOST', '')}{request.path_info}?{query}"
    # Django warns on standard error of a key with spaces or of more than 250 characters, and quotes it.
    return hashlib.sha256(address.encode(errors="backslashreplace")).hexdigest(), is_exact


def will_be_kept(request, response):
    """Return whether everybody gets this answer: a public page, and nothing in it for one visitor."""
    if not hasattr(request, "copy_key"):
        return False
    match = request.resolver_match
    is_public = getattr(request, "is_public_page", False) or (match and match.view_name in VIEWS)
    return (
        is_public
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "Cookie" not in response.get("Vary", "")
        and "Cache-Control" not in response
    )


def pack(response, now):
    body = response.content
    etag = hashlib.sha256(body).hexdigest()[:32]
    response["Cache-Control"] = FOR_ALL
    patch_vary_headers(response, ["Accept-Encoding"])
    headers = {name: value for name, value in response.items() if name not in {"Content-Length", "ETag"}}
    return Copy(now, time.time(), etag, gzip.compress(body, mtime=0), headers)


def copy_for(request, copy, is_old=False):
    """Return `copy` as the answer to `request`: nothing new, compressed, or plain."""
    takes_gzip = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
    etag = f'"{copy.etag}-gzip"' if takes_gzip else f'"{copy.etag}"'
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and (known == etag or not {"*", etag, f"W/{etag}"}.isdisjoint(parse_etags(known))):
        response = HttpResponseNotModified()
        response.headers = {}
    else:
        response = HttpResponse(copy.packed if takes_gzip else gzip.decompress(copy.packed))
        response["Content-Length"] = len(response.content)
        if takes_gzip:
            response["Content-Encoding"] = "gzip"
    for name, value in copy.headers.items():
        response[name] = value
    response["ETag"] = etag
    if is_old:
        response["Age"] = int(copy.age)
    return response
