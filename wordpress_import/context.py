"""Finds the files and pages of this site for the addresses in an item of the export."""

from html import escape
from urllib.parse import parse_qs, unquote, urljoin

from django.utils.translation import gettext_noop as _

from stories.links import split_address
from wordpress_import.export import host_of, page_key
from wordpress_import.library import is_of_kind
from wordpress_import.pieces import Picture


class Context:
    """Finds pages and files. The methods take `notes`, a Notes, to which they add what is missing.

    `export`: the Export. `pages`: {id in the export: primary key of the page here}. `library`: a Library.
    """

    def __init__(self, export, pages, library):
        self.export, self.pages, self.library = export, pages, library

    def absolute(self, url, base=None):
        """Return `url` as an absolute URL, or "" if it is malformed. `base`: by default, the old site."""
        try:
            return urljoin(base or f"{self.export.base_url}/", (url or "").strip())
        except ValueError:
            return ""

    def is_internal(self, url):
        """Return whether `url` is on the old site."""
        return host_of(url) in self.export.hosts

    def page_for(self, url, notes):
        """Return the primary key of the page that was at `url`, or None.

        Then a link within the old site is noted, unless it leads to a file. `notes` may be None.
        """
        if not self.is_internal(url):
            return None
        key = self.export.keys.get(page_key(url))
        page = self.pages.get(key)
        if page is None and notes is not None and not self.export.path_key(url):
            notes.links.append(url)
        return page

    def leads_to_login(self, url):
        """Return whether the address of a link holds a login or an e-mail address of a user."""
        parts = split_address(url)
        text = unquote(url).casefold()
        names = {"author", "author_name"} & set(parse_qs(parts.query))
        is_archive = self.is_internal(url) and ("/author/" in f"{parts.path}/" or names)
        # Elsewhere only e-mail addresses are looked for: a login can be an ordinary word.
        return bool(is_archive) or any("@" in each and each in text for each in self.export.withheld)

    def linkable(self, href, schemes):
        """Return `href` as an absolute URL, or "" if it can't be linked. `schemes`: those that may be."""
        url = self.absolute(href)
        if not href or href.strip().startswith("#") or split_address(url).scheme not in schemes:
            return ""
        return "" if self.leads_to_login(url) else url

    def link(self, href, notes):
        """Return the HTML attributes of an <a> in rich text for `href`, or None if it can't be linked."""
        if not (url := self.linkable(href, {"http", "https", "mailto", "tel"})):
            return None
        if document := self.document_for(url, notes):
            return f'linktype="document" id="{document}"'
        if page := self.page_for(url, notes):
            return f'linktype="page" id="{page}"'
        return f'href="{escape(url)}"'

    def target(self, href, notes):
        """Return the target of an action block for `href`, a dictionary with "page" and "url", or None.

        It is None for a document, which such a block can't have.
        """
        url = self.linkable(href, {"http", "https"})
        if not url or self.document_for(url, notes):
            return None
        page = self.page_for(url, notes)
        return {"page": page, "url": None if page else url}

    def picture(self, element, notes):
        """Return the Picture for `element`, an <img>."""
        # If a plugin loads pictures late, a "data-…" attribute has the address, and "src" has a placeholder.
        url = next(filter(None, (element.get(each) for each in ("data-src", "data-lazy-src", "src"))), "")
        key = self.export.path_key(url)
        attachment = self.attachment(element, url, key)
        if attachment and not key:
            key = self.export.path_key(attachment.url)
        alt = " ".join((element.get("alt") or (attachment.alt if attachment else "")).split())
        return Picture(self.image(url, alt, notes, key), alt)

    def image(self, url, alt, notes, key=""):
        """Return the primary key of the picture at `url`, None if it is missing.

        `key`: its path below the uploads folder, if it is known.
        """
        key = key or self.export.path_key(url) or url
        image = self.library.find("image", key, self.absolute(url), alt)
        if image is None:
            notes.missing.append(key[:200] or "a picture without an address")
        return image

    def attachment(self, element, url, key):
        """Return the Attachment whose number is in the class of an <img>, such as "wp-image-5", or None.

        `url`, `key`: the address of the picture, and its path below the uploads folder. The number is ignored
        for a picture of another site, and if that attachment has another path.
        """
        if not key and url and not url.startswith("data:") and not self.is_internal(self.absolute(url)):
            return None
        for name in (element.get("class") or "").split():
            if name.startswith("wp-image-"):
                found = self.export.attachments.get(name.removeprefix("wp-image-"))
                if found and (not key or self.export.path_key(found.url) == key):
                    return found
        return None

    def document_for(self, url, notes):
        """Return what document() does, or None, without a note, if `url` is that of a page or a picture."""
        return self.document(url, notes) if is_of_kind(self.export.path_key(url), "document") else None

    def document(self, href, notes):
        """Return the primary key of the document that was at `href`, or None. A missing one is noted."""
        url = self.absolute(href)
        key = self.export.path_key(url)
        document = self.library.find("document", key, url) if key else None
        name = key or url[:200]
        if document is None and name not in notes.missing:
            notes.missing.append(name)
            notes.flag(_("a file to download is a link to the old address"))
        return document
