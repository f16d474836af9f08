"""Makes the text-only version of a page: no scripts, no pictures, and a stylesheet of a few lines."""

import functools
from pathlib import PurePath
from urllib.parse import unquote, urlsplit, urlunsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.templatetags.static import static
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from lxml import etree, html

from stories.feeds import remove_invalid_characters
from stories.links import split_address

# Elements that are removed from the body.
REMOVED_ELEMENTS = ["link", "script", "style", "template", "wagtail-userbar"]
# Values of `name` and `rel` of the elements that the head keeps, besides title and encoding. Other metadata
# is for sites that show links to the page.
KEPT_IN_HEAD = {"canonical", "icon", "viewport"}


def is_text_only(request):
    """Return whether `request` is for the text-only version of a page: its query string has text=1."""
    return request.GET.get("text") == "1"


def make_text_only(page):
    """Return the HTML document `page`, a response, without scripts and pictures.

    A picture becomes a link with its alternative text, format and size. Without an alternative text it is
    removed. Links and forms to pages of this site lead to their text-only versions.
    """
    # lxml raises an error when it moves a text with an invalid character.
    document = html.document_fromstring(remove_invalid_characters(page))
    strip_head(document.head)
    # Elements with the class "needs-script" do nothing without scripts. On other pages, site.css hides them.
    for element in list(document.body.iter(*REMOVED_ELEMENTS)) + document.body.find_class("needs-script"):
        element.drop_tree()
    for image in list(document.body.iter("img")):
        replace_picture(image)
    for link in list(document.body.iter("a")):
        wrap_in_paragraph(link)
    for element in document.iter(etree.Element):
        # The link with the class "full-version" (includes/text_only_link.html) leads back to the pictures.
        if element.tag == "a" and "full-version" not in element.classes:
            link_to_text_only(element)
        elif element.tag == "form" and element.method == "GET" and is_internal(element.action):
            etree.SubElement(element, "input", type="hidden", name="text", value="1")
        element.attrib.pop("class", None)
    # On small screens, browsers show the words before they have loaded the stylesheet, because it comes last.
    # On others it would move the words, so there they wait for it.
    stylesheet = {"rel": "stylesheet", "href": static("css/text.css")}
    etree.SubElement(document.head, "link", stylesheet, media="(min-width: 45em)")
    etree.SubElement(document.body, "link", stylesheet)
    return html.tostring(document, encoding="unicode", doctype="<!doctype html>")


def strip_head(head):
    for element in list(head):
        kind = element.get("name") or element.get("rel")
        if element.tag != "title" and not element.get("charset") and kind not in KEPT_IN_HEAD:
            element.drop_tree()
    etree.SubElement(head, "meta", name="robots", content="noindex")


def replace_picture(image):
    """Replace the element `image` with a link to the picture, or with text only if it is inside a link."""
    picture = next(image.iterancestors("picture"), image)
    if not image.get("alt"):
        picture.drop_tree()
        return
    around = next(picture.iterancestors("a"), None)
    words = html.Element("a", href=image.get("src")) if around is None else html.Element("span")
    kind = describe_file((words if around is None else around).get("href"))
    words.text = _("Picture: %(text)s") % {"text": image.get("alt")} + (f" ({kind})" if kind else "")
    words.tail = picture.tail
    picture.getparent().replace(picture, words)


def wrap_in_paragraph(link):
    """Wrap `link` in a paragraph, which gives it space, unless it is inside a sentence."""
    parent = link.getparent()
    begins_item = parent.tag == "li" and parent[0] is link and not (parent.text or "").strip()
    if begins_item or parent.tag in {"body", "div", "nav"}:
        paragraph = html.Element("p")
        link.addprevious(paragraph)
        paragraph.append(link)


def describe_file(address):
    """Return the format and size of the picture at `address`, like "JPG, 34 KB", or "" if not known."""
    path = unquote(split_address(address).path)
    try:
        match = resolve(path)
        if match.url_name != "rendition":
            return ""
        size = file_size(match.kwargs["name"])
    except Exception:
        # Not an address of this site, a missing file, or a storage that fails: the text is enough.
        return ""
    # The comma is translated, because that of Arabic is another.
    return PurePath(path).suffix[1:].upper() + _(", ") + filesizeformat(size)


@functools.lru_cache(maxsize=10_000)
def file_size(name):
    """Return the size of a stored picture in bytes. It can be cached because files are never overwritten."""
    return default_storage.size(name)


def is_internal(address):
    """Return whether `address`, which may be relative, is on this site.

    It must not depend on the header Host, because the page cache leaves out the port in it.
    """
    return url_has_allowed_host_and_scheme(address, {urlsplit(settings.BASE_URL).netloc})


def link_to_text_only(link):
    """Make `link` lead to the text-only version of its page. Addresses of pages end in a slash."""
    address = link.get("href", "")
    parts = split_address(address)
    if (parts.path.endswith("/") or address.startswith("?")) and is_internal(address):
        query = QueryDict(parts.query, mutable=True)
        query["text"] = "1"
        link.set("href", urlunsplit(parts._replace(query=query.urlencode())))
