"""Redirects addresses of the old site to what was imported, once that is public. Before, they are 404.

An address is looked for only if nothing else of this site is there (publishing/redirects.py).
"""

import hashlib
import re
from urllib.parse import unquote

from django.http import Http404, HttpResponsePermanentRedirect
from django.utils.cache import patch_cache_control

from caching.versioned_cache import cached, current_version
from media.access import is_agreed, is_page_using, is_public
from media.models import CleanDocument
from publishing.visibility import published_pages
from stories.models import StoryIndexPage
from wordpress_import.export import VARIANT, find_upload, page_key
from wordpress_import.models import OldAddress

# Where WordPress has addresses such as /?p=7: the root of the site, or of a language.
ROOT = re.compile(r"/([a-z]{2}(-[a-z]+)?/)?(index\.php)?")
# Parameters that name an item, and those of lists. apps.py tells them to the page cache.
PARAMETERS = ("p", "page_id", "attachment_id")
LIST_PARAMETERS = {"author", "cat", "feed", "m", "tag"}
# The key for all lists of authors, for all LIST_PARAMETERS, and for the list of all posts.
ANY_LIST = "?lists"
AUTHOR = re.compile(r"author/[^/]+")
FEED = re.compile(r"/feed(/\w+)?/?\Z")
# Endings that WordPress adds to an address, for its feed, a later page, the AMP version or trackbacks.
ENDING = re.compile(r"(^|/)(feed(/(rss|rss2|atom|rdf))?|page/\d+|amp|trackback)$")
# {kind of a term in an export ("domain"): the beginning of the addresses of the lists of its posts}.
TAXONOMIES = {"category": "category", "post_tag": "tag"}


def digest_of(key):
    """Return the digest of `key`, under which an OldAddress or an ImportedFile is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def keys_of(item, export):
    """Return (page_keys that lead to the page of `item`, those that lead to the section it is in).

    There are none if visitors of the old site did not see it: nobody has its address, and a category can
    name somebody. The lists of authors have logins in their addresses, so these are not stored: all share
    ANY_LIST, whether there was such an author or not.
    """
    if item.status != "publish":
        return set(), set()
    # The home page has the key "".
    own = {page_key(item.link), f"?p={item.id}", f"?page_id={item.id}"} - {""}
    # Files that were uploaded to the item.
    own |= {f"?attachment_id={each}" for each in export.children.get(item.id, ())}
    lists = {ANY_LIST} | {
        f"{TAXONOMIES[domain]}/{unquote(slug).lower()}"
        for domain, slug, _name in item.terms
        if domain in TAXONOMIES
    }
    # A missing date is 0000-00-00.
    if found := re.match(r"(?!0000)(\d{4})-(\d\d)-(\d\d)", item.date):
        year, month, day = found.groups()
        lists |= {year, f"{year}/{month}", f"{year}/{month}/{day}"}
    return own, lists


def upload_key(path):
    """Return the key of the file at `path` below the uploads folder, apart from the keys of pages."""
    return f"uploads:{path}"


def upload_keys(path):
    """Return the keys to look for if `path` is that of a file of the old site, or of a smaller copy."""
    path = find_upload(path)[1]
    return [upload_key(each) for each in dict.fromkeys([path, VARIANT.sub("", path)]) if each]


def store_addresses(item, export, page, section, shown):
    """Store the old addresses of `item`, and of the files that it shows.

    Addresses that are stored already keep their target, except "?attachment_id=9": keys_of() leads it to the
    item to which the file was uploaded, until the file itself is imported. `page`: the primary key of the
    page of `item`. `section`: that of its parent, to which lists redirect. `shown`: {path: {"image_id" or
    "document_id": its primary key}} of the files.
    """
    own, lists = keys_of(item, export)
    # WordPress lists posts, and no pages.
    pairs = [*((key, page) for key in own), *((key, section) for key in lists if item.type != "page")]
    rows = [OldAddress(digest=digest_of(key), page_id=target) for key, target in pairs]
    rows += [
        OldAddress(digest=digest_of(upload_key(path)), page_id=page, **file) for path, file in shown.items()
    ]
    files = {each: file for path, file in shown.items() for each in export.attachments_by_path.get(path, ())}
    for number, file in files.items():
        key = page_key(export.attachments[number].link)
        if key and key not in export.keys:
            rows.append(OldAddress(digest=digest_of(key), page_id=page, **file))
    OldAddress.objects.bulk_create(rows, ignore_conflicts=True)
    OldAddress.objects.bulk_create(
        [
            OldAddress(digest=digest_of(f"?attachment_id={number}"), page_id=page, **file)
            for number, file in files.items()
        ],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["page", "image", "document"],
    )


def is_moved_in():
    """Return whether there are old addresses. The answer is cached, so a site without any pays no query."""
    return cached("old addresses", OldAddress.objects.exists, current_version())


def refuse_parameters(_page, request, *_arguments):
    """Hook "before_serve_page": raise Http404 for an address such as /?p=7, so that it is looked for.

    WordPress has a post there, and this site its home page. The answer for a draft is the same as for an
    unknown number, so nobody learns which drafts there are. On a site without an import, such parameters mean
    nothing.
    """
    if parameter_key(request) and is_moved_in():
        raise Http404


def find_old_address(request):
    """Hook "answer_not_found": return the response for an old address, or None. See find_response()."""
    if not is_moved_in():
        return None
    if key := parameter_key(request):
        return find_response(key, request)
    key = ENDING.sub("", page_key(request.path))
    # The list of all posts has no more than an ENDING, such as /feed/.
    key = ANY_LIST if not key or AUTHOR.fullmatch(key) else key
    found = (find_response(each, request) for each in (key, *upload_keys(request.path)))
    return next(filter(None, found), None)


def parameter_key(request):
    """Return the key for the parameters of `request`, or "" if they are not of WordPress."""
    if not (request.GET and ROOT.fullmatch(request.path_info)):
        return ""
    numbers = {name: request.GET.get(name, "") for name in PARAMETERS}
    keys = (f"?{name}={number}" for name, number in numbers.items() if number.isdecimal())
    return next(keys, "" if LIST_PARAMETERS.isdisjoint(request.GET) else ANY_LIST)


def find_response(key, request):
    """Return the response for `key`, a page_key(), upload_key() or ANY_LIST.

    It is a redirect, or None if `key` leads to nothing public.
    """
    addresses = OldAddress.objects.select_related("image", "document")
    address = addresses.filter(digest=digest_of(key)).first()
    if address is None:
        return None
    if file := address.image or address.document:
        return redirect_to(find_file_url(file, request))
    page = published_pages().filter(pk=address.page_id).first()
    url = page and page.get_url(request)
    is_feed = "feed" in request.GET or FEED.search(request.path)
    # A feed reader that followed a list follows the section from then on.
    return redirect_to(f"{url}feed.rss" if url and is_feed and page.specific_class is StoryIndexPage else url)


def find_file_url(file, request):
    """Return the address of `file`, a document, or of a page that shows it, a picture.

    It is None if that is not public, or if somebody on the picture does not agree to it.
    """
    if isinstance(file, CleanDocument):
        return file.url if is_public(file) else None
    page = published_pages().filter(is_page_using(file)).first() if is_agreed(file) else None
    return page and page.get_url(request)


def redirect_to(url):
    """Return a permanent redirect to `url`, or None without one."""
    if not url:
        return None
    response = HttpResponsePermanentRedirect(url)
    # As in publishing/redirects.py: browsers would keep the redirect after the page is withdrawn.
    patch_cache_control(response, no_store=True)
    return response
