"""Answers 410 at the addresses of erased pages.

The database stores only digests of these addresses and of erased pictures, because a slug can be a name.
"""

import hashlib
import hmac
import unicodedata
from copy import copy
from urllib.parse import unquote, urlsplit

from django.shortcuts import render
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from caching.versioned_cache import cached, current_version
from safeguarding.withdrawal_models import Fingerprint, Ledger


class GoneMiddleware:
    """Middleware that answers 410 instead of 404 at the address of an erased page.

    In MIDDLEWARE it has to follow those of redirects and of APPEND_SLASH. These act on a 404, so an erased
    address never redirects.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code != 404 or not may_be_page(request) or not is_gone(request.path_info):
            return response
        return render(request, "410.html", status=410)


def may_be_page(request):
    """Return whether the address of `request` leads to Wagtail's view for pages, or to no view at all."""
    match = request.resolver_match
    return match is None or match.url_name == "wagtail_serve"


def is_gone(path):
    """Return whether a page at `path`, a decoded path, was erased. It takes no query while that is cached."""
    salt, digests = cached("gone", load_gone, current_version())
    return bool(digests) and digest_of(path, salt) in digests


def load_gone():
    """Return (salt, frozenset of the digests of the addresses that are gone)."""
    kinds = [Fingerprint.Kind.ADDRESS, Fingerprint.Kind.FORMER]
    digests = frozenset(Fingerprint.objects.filter(kind__in=kinds).values_list("digest", flat=True))
    return (Ledger.get().salt if digests else ""), digests


def is_erased_picture(file_hash):
    """Return whether a picture with `file_hash` was erased. It must not be uploaded or imported again."""
    pictures = Fingerprint.objects.filter(kind=Fingerprint.Kind.PICTURE)
    # Ledger.get() creates its row if there is none, so it is not called while nothing was erased.
    return pictures.exists() and pictures.filter(digest=digest_of(file_hash, Ledger.get().salt)).exists()


def digest_of(text, salt):
    """Return the digest of `text`, a decoded path or a hash. Slashes around it make no difference."""
    text = unicodedata.normalize("NFC", text).strip("/")
    # A slug in a stored version is JSON, which can contain half of a surrogate pair.
    return hmac.digest(salt.encode(), text.encode(errors="surrogatepass"), hashlib.sha256).hex()


def paths_of(page, former_slugs=()):
    """Return the decoded paths that `page` has or had, including those of its versions and redirects.

    Paths at which another page is now are left out.

    `former_slugs`: slugs that it had under its parent, such as before it was moved to the trash.
    """
    slugs = {page.slug, *former_slugs}
    url_paths = {page.url_path}
    for content in page.revisions.values("content__slug", "content__url_path"):
        slugs.add(content["content__slug"])
        url_paths.add(content["content__url_path"])
    above = page.url_path.rstrip("/").rpartition("/")[0]
    url_paths |= {f"{above}/{slug}/" for slug in slugs if slug}
    paths = {path_at(page, url_path) for url_path in url_paths if url_path}
    paths = {*filter(None, paths), *redirected_paths(page)}
    taken = paths_of_others(page, paths)
    return {path for path in paths if path.strip("/") not in taken}


def public_paths(page, paths):
    """Return those of `paths`, which are of paths_of(), that are answered with 410 once they are gone.

    The paths of a draft that was never published are answered with 404 as before. Otherwise somebody who
    guesses a slug, which can be a name, would learn that there was such a page. Only its redirects are left:
    they are from addresses that were public, such as those of a site that was imported.
    """
    was_public = page.live or page.first_published_at
    return paths if was_public else paths & redirected_paths(page)


def paths_of_others(page, paths):
    """Return those of `paths` at which another page than `page` is now, without slashes around them."""
    slugs = {path.strip("/").rpartition("/")[2] for path in paths}
    others = Page.objects.filter(slug__in=slugs).exclude(pk=page.pk)
    return {path_at(other, other.url_path).strip("/") for other in others}


def path_at(page, url_path):
    """Return the decoded path that `page` would have with this `url_path`, or "" if it has no address."""
    moved = copy(page)
    moved.url_path = url_path
    return decoded(moved.get_url() or "")


def redirected_paths(page):
    """Return the decoded paths that redirect to `page`."""
    old = Redirect.objects.filter(redirect_page=page.pk).values_list("old_path", flat=True)
    return {decoded(path) for path in old}


def decoded(address):
    """Return the decoded path of `address`, a URL or a path."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # It is malformed, such as "//[x", which Wagtail makes of the old path "////[x".
        return unquote(address)
