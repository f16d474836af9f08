"""Redirects addresses of the old site to the imported pages, once these are public. Before, they are 404."""

import hashlib
import re
from urllib.parse import unquote

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from publishing.visibility import published_pages
from wordpress_import.export import page_key
from wordpress_import.models import OldAddress

# Where WordPress has addresses such as /?p=7: the root of the site, or of a language.
ROOT = re.compile(r"/([a-z]{2}(-[a-z]+)?/)?(index\.php)?")
# Parameters that name an item. caching/page_cache.py passes requests with them on to Django.
PARAMETERS = ("p", "page_id", "attachment_id")
# Endings that WordPress adds to an address, for its feed, a later page or the AMP version.
ENDING = re.compile(r"(^|/)(feed(/(rss|rss2|atom|rdf))?|page/\d+|amp|trackback)$")
# {domain of a term in an export: the beginning of the addresses of its lists}.
TAXONOMIES = {"category": "category", "post_tag": "tag"}


def digest_of(key):
    """Return the digest under which an OldAddress is stored. `key`: a page_key."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def keys_of(item, export):
    """Return (page_keys that lead to the page of `item`, those that lead to the section it is in).

    The archives of authors have logins in their addresses, and lead nowhere.
    """
    own = {page_key(item.link), f"?p={item.id}", f"?page_id={item.id}"} - {""}
    own |= {f"?attachment_id={each}" for each in export.children_of(item.id)}
    lists = {
        f"{TAXONOMIES[domain]}/{unquote(slug).lower()}"
        for domain, slug, _name in item.terms
        if domain in TAXONOMIES
    }
    if found := re.match(r"(?!0000)(\d{4})-(\d\d)-(\d\d)", item.date):
        year, month, day = found.groups()
        lists |= {year, f"{year}/{month}", f"{year}/{month}/{day}"}
    return own, lists


def store_addresses(item, export, page, section):
    """Store the old addresses of `item`. Addresses that are stored already keep their target.

    `page`: the primary key of the page of `item`. `section`: that of its parent, to which lists redirect.
    """
    own, lists = keys_of(item, export)
    pairs = [*((key, page) for key in own), *((key, section) for key in lists if item.type != "page")]
    rows = [OldAddress(digest=digest_of(key), page_id=target) for key, target in pairs]
    OldAddress.objects.bulk_create(rows, ignore_conflicts=True)


class OldAddressMiddleware:
    """Middleware that redirects old addresses to public pages, instead of a 404."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # WordPress has /?p=7, which is the home page here, so this is asked before the page is served.
        for name in PARAMETERS if ROOT.fullmatch(request.path_info) else ():
            number = request.GET.get(name, "")
            if number.isdecimal() and OldAddress.objects.exists():
                if response := find_response(f"?{name}={number}", request):
                    return response
                raise Http404
        response = self.get_response(request)
        if response.status_code == 404:
            return find_response(ENDING.sub("", page_key(request.path)), request) or response
        return response


def find_response(key, request):
    """Return the answer for a page_key, None if it leads to no page, or to one that is not public."""
    address = OldAddress.objects.filter(digest=digest_of(key)).first() if key else None
    if address is None:
        return None
    if address.page_id is None:
        return render(request, "410.html", status=410)
    page = published_pages().filter(pk=address.page_id).first()
    url = page and page.get_url(request)
    if not url:
        return None
    response = HttpResponsePermanentRedirect(url)
    # As in publishing/redirects.py: browsers would keep the redirect after the page is withdrawn.
    patch_cache_control(response, no_store=True)
    return response
