"""Redirects addresses of the old site to the imported pages, once these are public. Before, they are 404."""

import hashlib
import re
from urllib.parse import unquote

from django.http import Http404, HttpResponsePermanentRedirect
from django.utils.cache import patch_cache_control

from publishing.visibility import published_pages
from wordpress_import.export import page_key
from wordpress_import.models import OldAddress

# Query parameters that identify an item. caching/page_cache.py passes requests with them on to Django.
PARAMETERS = ("p", "page_id", "attachment_id")
# Endings that WordPress adds to an address, for its feed, a later page or the AMP version.
ENDING = re.compile(r"(^|/)(feed(/(rss|rss2|atom|rdf))?|page/\d+|amp|trackback)$")
# {domain of a term in an export: the beginning of the addresses of its lists}.
TAXONOMIES = {"category": "category", "post_tag": "tag"}


def digest_of(key):
    """Return the digest under which an OldAddress is stored. `key`: a page_key."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def keys_of(item, export):
    """Return two sets of page_keys of `item`: those of the item itself, and those of lists that it was in."""
    own = {page_key(item.link), f"?p={item.id}", f"?page_id={item.id}"} - {""}
    own |= {f"?attachment_id={each}" for each in export.children_of(item.id)}
    lists = {
        f"{TAXONOMIES[domain]}/{unquote(slug).lower()}"
        for domain, slug, _name in item.terms
        if domain in TAXONOMIES
    }
    if item.creator:
        lists.add(f"author/{item.creator.lower()}")
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
        # In WordPress, /?p=7 is a post. Here it would be the home page, so it is handled before the view.
        for name in PARAMETERS:
            number = request.GET.get(name, "")
            if number.isdecimal() and (target := find_target(f"?{name}={number}")):
                return redirect_to(target, request)
        response = self.get_response(request)
        if response.status_code == 404 and (target := find_target(ENDING.sub("", page_key(request.path)))):
            return redirect_to(target, request, response)
        return response


def find_target(key):
    """Return the primary key of the page for `key`, a page_key, or None."""
    found = OldAddress.objects.filter(digest=digest_of(key)) if key else OldAddress.objects.none()
    return found.values_list("page_id", flat=True).first()


def redirect_to(target, request, not_found=None):
    """Return a redirect to the page with the primary key `target`, if it is public.

    If it is not, return the response `not_found`. Raises Http404 if there is no such response.
    """
    page = published_pages().filter(pk=target).first()
    url = page and page.get_url(request)
    if not url:
        if not_found is None:
            raise Http404
        return not_found
    response = HttpResponsePermanentRedirect(url)
    # As in publishing/redirects.py: browsers would keep the redirect after the page is withdrawn.
    patch_cache_control(response, no_store=True)
    return response
