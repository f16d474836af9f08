"""Recognises the addresses of erased pages, and erased pictures, so that they don't come back.

The database stores only digests of them, because a slug can be a name. Readers get 404 at such an address.
"""

import hashlib
import hmac
import unicodedata
from copy import copy
from urllib.parse import unquote, urlsplit

from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page

from safeguarding.withdrawal_models import Fingerprint, Ledger


def is_gone(path):
    """Return whether a page at `path`, a decoded path, was erased. It must not be imported again."""
    return is_known(path, Fingerprint.Kind.ADDRESS, Fingerprint.Kind.FORMER)


def is_erased_picture(file_hash):
    """Return whether a picture with `file_hash` was erased. It must not be uploaded or imported again."""
    return is_known(file_hash, Fingerprint.Kind.PICTURE)


def is_known(text, *kinds):
    """Return whether there is a Fingerprint of `text` of one of `kinds`."""
    rows = Fingerprint.objects.filter(kind__in=kinds)
    # Ledger.get() creates its row if there is none, so it is not called while nothing was erased.
    return rows.exists() and rows.filter(digest=digest_of(text, Ledger.get().salt)).exists()


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
    redirects = Redirect.objects.filter(redirect_page=page.pk).values_list("old_path", flat=True)
    paths = {*filter(None, paths), *map(decoded, redirects)}
    taken = paths_of_others(page, paths)
    return {path for path in paths if path.strip("/") not in taken}


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


def decoded(address):
    """Return the decoded path of `address`, a URL or a path."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # It is malformed, such as "//[x", which Wagtail makes of the old path "////[x".
        return unquote(address)
