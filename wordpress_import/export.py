"""Builds the index of an export in a first pass over all files: everything that items refer to."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import unquote

from wordpress_import.media_links import split
from wordpress_import.reading import WPAuthor, read
from wordpress_import.sources import find_sources

# Types of items whose content is used in other items.
REUSABLE = {"wp_block", "et_pb_layout"}
UPLOADS = re.compile(r"/(?:wp-content/uploads|wp-content/blogs\.dir/\d+/files|files)/(.+)")
# Endings that WordPress adds to the names of picture files: sizes, and copies of large or edited pictures.
VARIANT = re.compile(r"(-\d+x\d+|-scaled|-rotated|-e\d{10,})(?=\.\w+$)")


@dataclass
class Attachment:
    """A file of the old site. `parent`: the id of the item to which it was uploaded."""

    url: str
    title: str
    alt: str
    caption: str
    parent: str


def host_of(url):
    """Return the host of `url`, without "www."."""
    return split(url).netloc.lower().removeprefix("www.")


def path_key(url):
    """Return the path in the uploads folder of the file at `url`, without size; "" for other addresses."""
    path = unquote(split(url).path)
    found = UPLOADS.search(path) or re.search(r"/(\d{4}/\d\d/[^/]+)$", path)
    return VARIANT.sub("", found[1]) if found else ""


def page_key(url):
    """Return the key of `url`, to compare addresses of pages: lower-case path without slashes at its ends.

    A query that identifies an item, such as "?p=7", is added to it.
    """
    parts = split(url)
    query = f"?{parts.query}" if re.fullmatch(r"(p|page_id|attachment_id)=\d+", parts.query) else ""
    return f"{unquote(parts.path).strip('/').lower()}{query}"


@dataclass
class Export:
    """The index of an export.

    * `sources`: the Sources, one for each file.
    * `base_url`: the address of the old site, of the first item. `hosts`: all of its hosts.
    * `authors`: {login: WPAuthor}.
    * `withheld`: logins and e-mail addresses, in lower case, that must not get into this site.
    * `attachments`: {id: Attachment}. `children`: {id of an item: ids of its attachments}.
    * `reusable`: {id: content} of the items that are used in others.
    * `keys`: {page_key: id} of the posts and pages.
    * `counts`: the number of items of each type, and of comments. `items`: the number of all items.
    """

    sources: list = field(default_factory=list)
    base_url: str = ""
    hosts: set = field(default_factory=set)
    authors: dict = field(default_factory=dict)
    withheld: set = field(default_factory=set)
    attachments: dict = field(default_factory=dict)
    children: dict = field(default_factory=dict)
    reusable: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)
    items: int = 0

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
        for author in export.authors.values():
            if author.name.casefold() in export.withheld:
                author.name = ""
        return export

    def add_author(self, author):
        """Add `author`, a WPAuthor, and withhold the login and the e-mail address."""
        self.authors.setdefault(author.login, author)
        self.withheld |= {text.casefold() for text in (author.login, author.email) if text}
        author.email = ""

    def add_item(self, item):
        """Add what other items may refer to in `item`, an Item."""
        self.items += 1
        self.counts[item.type or "no type"] += 1
        self.counts["comments"] += item.comments
        self.base_url = self.base_url or item.base_url.rstrip("/")
        self.hosts |= {host_of(item.base_url)} - {""}
        if item.creator and item.creator not in self.authors:
            self.add_author(WPAuthor(login=item.creator))
        if item.type == "attachment":
            url = item.attachment_url or item.link
            alt = item.meta.get("_wp_attachment_image_alt", "")
            self.attachments[item.id] = Attachment(url, item.title, alt, item.excerpt, item.parent)
            if item.parent not in {"", "0"}:
                self.children.setdefault(item.parent, []).append(item.id)
        elif item.type in REUSABLE:
            self.reusable[item.id] = item.content
        if item.link and item.type in {"post", "page"}:
            self.keys.setdefault(page_key(item.link), item.id)
            self.keys[f"?p={item.id}"] = self.keys[f"?page_id={item.id}"] = item.id

    def children_of(self, key):
        """Return the ids of the attachments of the item `key`."""
        return self.children.get(key, [])

    @staticmethod
    def footnotes(item):
        """Return the list of the footnotes of `item` as HTML. WordPress stores them in the post meta."""
        try:
            notes = json.loads(item.meta.get("footnotes", "[]"))
            return [str(note["content"]) for note in notes]
        except (ValueError, TypeError, LookupError, RecursionError):
            return []
