"""Builds the index of an export in a first pass over all its files: everything that items refer to.

An item is a post, a page, an attachment (a file that was uploaded) or something else with a number.
"""

import functools
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from urllib.parse import unquote

from stories.links import split_address
from wordpress_import.reading import WPAuthor, read
from wordpress_import.sources import find_sources

# Types of items whose content is used in other items.
REUSABLE = {"wp_block", "et_pb_layout"}
# The uploads folder in the path of a file: the usual one, then two of a network of sites (multisite).
UPLOADS = re.compile(r"/(?:wp-content/uploads|wp-content/blogs\.dir/\d+/files|files)/(.+)")
# What WordPress adds to the name of a smaller or turned copy. An edited picture, such as a.jpg cropped to
# a-e1600000000.jpg, is another picture: what was cut off may be a face.
VARIANT = re.compile(r"(-\d+x\d+|-scaled|-rotated)(?=\.\w+$)")
# WordPress.com serves the pictures of a site under i0.wp.com/<host of the site>/.
PHOTON = re.compile(r"i\d\.wp\.com")


@dataclass
class Attachment:
    """A file of the old site.

    `url`: the address of the file. `link`: that of the page with which WordPress shows the file. `parent`:
    the id of the item to which it was uploaded.
    """

    url: str
    title: str
    alt: str
    caption: str
    parent: str
    link: str = ""


def host_of(url):
    """Return the host of `url`, without "www."."""
    return split_address(url).netloc.lower().removeprefix("www.")


def find_upload(url):
    """Return (host, path below the uploads folder) of the file at `url`.

    Some hosts of files leave out the folder itself, so a path of year, month and name counts as well. The
    path is "" for other addresses.
    """
    host, path = host_of(url), unquote(split_address(url).path)
    if PHOTON.fullmatch(host):
        host, _slash, path = path.strip("/").partition("/")
        host, path = host.lower().removeprefix("www."), f"/{path}"
    found = UPLOADS.search(path) or re.search(r"/(\d{4}/\d\d/[^/]+)$", path)
    return host, found[1] if found else ""


def page_key(url):
    """Return the key of `url`, to compare addresses of pages: lower-case path without slashes at its ends.

    A query that identifies an item, such as "?p=7", is added to it.
    """
    parts = split_address(url)
    query = f"?{parts.query}" if re.fullmatch(r"(p|page_id|attachment_id)=\d+", parts.query) else ""
    return f"{unquote(parts.path).strip('/').lower()}{query}"


@dataclass
class Export:
    """The index of an export. Ids are those of items, as strings.

    * `sources`: the Sources, its files.
    * `base_url`: the address of the old site. `hosts`: its hosts, without "www.".
    * `authors`: {login: WPAuthor}. `withheld`: logins and e-mail addresses, which must not get in.
    * `attachments`: {id: Attachment}. `children`: {id of an item: ids of the attachments uploaded to it}.
    * `uploads`: {path in the uploads folder: hosts} of the attachments. `named_like_copies`: those of
      the paths that have the name of a smaller or turned copy, and are no copies.
    * `reusable`: {id: content} of items that other items show.
    * `keys`: {page_key: id} of the posts and pages.
    * `counts`: the number of items of each type, and of comments. `items`: the number of all items.
    """

    sources: list = field(default_factory=list)
    base_url: str = ""
    hosts: set = field(default_factory=set)
    authors: dict = field(default_factory=dict)
    withheld: set = field(default_factory=set)
    attachments: dict = field(default_factory=dict)
    uploads: defaultdict = field(default_factory=lambda: defaultdict(set))
    named_like_copies: set = field(default_factory=set)
    children: defaultdict = field(default_factory=lambda: defaultdict(list))
    reusable: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    items: int = 0

    @property
    def source(self):
        """A hash that identifies the old site, whether its address begins with http, https or www.

        It is a hash because the address can name a person.
        """
        address = f"{host_of(self.base_url)}{split_address(self.base_url).path.rstrip('/')}"
        return hashlib.sha256(address.encode()).hexdigest()

    @classmethod
    def index(cls, paths):
        """Return the Export of the files at `paths`. Raises ExportError if one of them can't be read."""
        export = cls(find_sources(paths))
        for source in export.sources:
            for found in read(source):
                if isinstance(found, WPAuthor):
                    export.add_author(found)
                else:
                    export.add_item(found)
        # The name that a user shows to readers is often the login.
        for author in export.authors.values():
            if author.name.casefold() in export.withheld:
                author.name = ""
        export.named_like_copies = set(filter(export.is_named_like_copy, export.uploads))
        return export

    def is_named_like_copy(self, path):
        """Return whether the attachment at `path` has the name of a smaller or turned copy, and is no copy.

        WordPress names the attachment of a large picture a-scaled.jpg, that of a turned one a-rotated.jpg.
        Such a file counts as a copy of a.jpg, unless a.jpg is an attachment too. The smaller copies, such as
        a-300x200.jpg, are no attachments.
        """
        found = VARIANT.search(path)
        return bool(found) and ("x" in found[1] or VARIANT.sub("", path) in self.uploads)

    def path_key(self, url):
        """Return the path below the uploads folder of the file at `url`, without the size in its name.

        It is "" for others, also for a file of another site with the same path. A host other than the site's
        own counts if all attachments with this path are there.
        """
        host, path = find_upload(url)
        key = self.without_size(path)
        # A relative address has the host "".
        is_own = host in self.hosts | {""} or {host} in (self.uploads.get(path), self.uploads.get(key))
        return key if is_own else ""

    def without_size(self, path):
        return path if path in self.named_like_copies else VARIANT.sub("", path)

    def add_author(self, author):
        """Add `author`, a WPAuthor, and withhold the login and the e-mail address."""
        self.authors.setdefault(author.login, author)
        self.withheld |= {text.casefold() for text in (author.login, author.email) if text}
        author.email = ""  # nothing else may read it

    def add_item(self, item):
        """Add what other items may refer to in `item`, an Item."""
        self.items += 1
        self.counts[item.type or "no type"] += 1
        self.counts["comments"] += item.comments
        self.base_url = self.base_url or item.base_url.rstrip("/")
        self.hosts |= {host_of(item.base_url)} - {""}
        if item.creator and item.creator not in self.authors:
            # The export has no id of this author, so the id of the item stands in authors.csv.
            self.add_author(WPAuthor(id=f"{item.type} {item.id}", login=item.creator))
        if item.type == "attachment":
            url = item.attachment_url or item.link
            alt = item.meta.get("_wp_attachment_image_alt", "")
            self.attachments[item.id] = Attachment(url, item.title, alt, item.excerpt, item.parent, item.link)
            host, path = find_upload(url)
            self.uploads[path].add(host)
            if item.parent not in {"", "0"}:
                self.children[item.parent].append(item.id)
        elif item.type in REUSABLE:
            # WordPress shows readers only those that are published, without a password.
            is_shown = item.status == "publish" and not item.has_password
            self.reusable[item.id] = item.content if is_shown else ""
        if item.link and item.type in {"post", "page"}:
            self.keys.setdefault(page_key(item.link), item.id)
            self.keys[f"?p={item.id}"] = self.keys[f"?page_id={item.id}"] = item.id

    @functools.cached_property
    def attachments_by_path(self):
        """{path below the uploads folder: ids of the attachments whose file is there}."""
        found = defaultdict(list)
        for key, attachment in self.attachments.items():
            found[self.path_key(attachment.url)].append(key)
        return found

    def urls_of(self, path):
        """Return the addresses of the attachments whose file is at `path` below the uploads folder."""
        return [self.attachments[key].url for key in self.attachments_by_path.get(path, ())]

    @staticmethod
    def footnotes(item):
        """Return the list of the footnotes of `item` as HTML. WordPress stores them in the post meta."""
        try:
            notes = json.loads(item.meta.get("footnotes", "[]"))
            return [str(note["content"]) for note in notes]
        except (ValueError, TypeError, LookupError, RecursionError):
            return []
