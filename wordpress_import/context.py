"""Finds the files and pages of this site for the addresses in an item of the export."""

from html import escape
from urllib.parse import urljoin

from wordpress_import.export import host_of, page_key, path_key
from wordpress_import.media_links import split
from wordpress_import.pieces import Picture

SCHEMES = {"http", "https", "mailto", "tel"}


class Context:
    """Finds pages and files. The methods take `notes`, a Notes, to which they add what is missing.

    `export`: the Export. `pages`: {id in the export: primary key of the page here}. `library`: a Library.
    """

    def __init__(self, export, pages, library):
        self.export, self.pages, self.library = export, pages, library

    def absolute(self, url):
        """Return `url` as an absolute URL, or "" if it is malformed."""
        try:
            return urljoin(f"{self.export.base_url}/", (url or "").strip())
        except ValueError:
            return ""

    def is_internal(self, url):
        """Return whether `url` is on the old site."""
        return host_of(url) in self.export.hosts

    def page_for(self, url, notes):
        """Return the primary key of the page that was at `url`, or None, which is noted for old addresses."""
        if not self.is_internal(url):
            return None
        key = self.export.keys.get(page_key(url))
        page = self.pages.get(key)
        if page is None and notes is not None and not path_key(url):
            notes.links.append(url)
        return page

    def link(self, href, notes):
        """Return the HTML attributes of an <a> in rich text for `href`, or None if it can't be linked."""
        if not href or href.strip().startswith("#"):
            return None
        url = self.absolute(href)
        if split(url).scheme not in SCHEMES:
            return None
        if document := self.document(url, None):
            return f'linktype="document" id="{document}"'
        if page := self.page_for(url, notes):
            return f'linktype="page" id="{page}"'
        return f'href="{escape(url)}"'

    def target(self, href, notes):
        """Return the target of an action block for `href`, a dictionary with "page" and "url", or None."""
        url = self.absolute(href)
        if not href or href.strip().startswith("#") or split(url).scheme not in {"http", "https"}:
            return None
        page = self.page_for(url, notes)
        return {"page": page, "url": None if page else url}

    def picture(self, element, notes):
        """Return the Picture for `element`, an <img>."""
        url = next(filter(None, (element.get(each) for each in ("data-src", "data-lazy-src", "src"))), "")
        key = path_key(url)
        attachment = self.attachment(element, key)
        if attachment and not key:
            key = path_key(attachment.url)
        alt = " ".join((element.get("alt") or (attachment.alt if attachment else "")).split())
        return Picture(self.image(key or url, alt, notes), alt)

    def image(self, url, alt, notes):
        """Return the primary key of the picture at `url`, a URL or a path of the uploads, or None."""
        key = path_key(url) or url
        image = self.library.image(key, alt)
        if image is None:
            notes.missing.append(key[:200] or "a picture without an address")
        return image

    def attachment(self, element, key):
        """Return the Attachment that the class of `element` names, or None. `key`: its path_key."""
        for name in (element.get("class") or "").split():
            if name.startswith("wp-image-"):
                found = self.export.attachments.get(name.removeprefix("wp-image-"))
                if found and (not key or path_key(found.url) == key):
                    return found
        return None

    def document(self, href, notes):
        """Return the primary key of the document that was at `href`, or None."""
        url = self.absolute(href)
        key = path_key(url) if self.is_internal(url) else ""
        document = self.library.document(key) if key else None
        if document is None and notes is not None:
            notes.missing.append(key or url[:200])
            notes.flag("a file to download is a link to the old address")
        return document
