"""The text-only version of a page: what is left when all that isn't words is taken off."""

import functools
from pathlib import PurePath
from urllib.parse import unquote, urlsplit, urlunsplit

from django.core.files.storage import default_storage
from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from lxml import etree, html

NOT_WORDS = ["script", "style", "template", "wagtail-userbar"]
# What the head keeps beside title and encoding; the rest is for other sites that show the page.
KEPT = {"canonical", "icon", "viewport"}


def is_text_only(request):
    """Return whether `request` asks for a page's text-only version: its address has ?text=1."""
    return request.GET.get("text") == "1"


def make_text_only(page, request):
    """Return the whole HTML document `page` without style, script or picture; `request` is answered by it.

    A picture becomes a link with its alternative text, kind and size, and goes if it has no such text.
    Links and forms to pages of this site lead to their text-only versions. As all of it is made from the
    page itself, no word can be missing, and no picture is made that the page doesn't show.
    """
    document = html.document_fromstring(page)
    strip_head(document.head)
    for element in list(document.body.iter(*NOT_WORDS)) + document.body.find_class("needs-script"):
        element.drop_tree()
    for image in list(document.body.iter("img")):
        replace_picture(image)
    for link in list(document.body.iter("a")):
        set_apart(link)
    for element in document.iter(etree.Element):
        if element.tag == "a" and "full-version" not in element.classes:
            stay_text_only(element, request)
        elif element.tag == "form" and element.method == "GET" and is_here(element.action, request):
            etree.SubElement(element, "input", type="hidden", name="text", value="1")
        element.attrib.pop("class", None)
    return html.tostring(document, encoding="unicode", doctype="<!doctype html>")


def strip_head(head):
    for element in list(head):
        kind = element.get("name") or element.get("rel")
        if element.tag != "title" and not element.get("charset") and kind not in KEPT:
            element.drop_tree()
    etree.SubElement(head, "meta", name="robots", content="noindex")


def replace_picture(image):
    """Put words in the place of the element `image`: a link, or only the words when it is in a link."""
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


def set_apart(link):
    """Give `link` a paragraph of its own, unless it is part of a sentence: fingers need room around it."""
    parent = link.getparent()
    begins_item = parent.tag == "li" and parent[0] is link and not (parent.text or "").strip()
    if begins_item or parent.tag in {"body", "div", "nav"}:
        paragraph = html.Element("p")
        link.addprevious(paragraph)
        paragraph.append(link)


def describe_file(address):
    """Return the kind and the size of the picture at `address` of this site, like "JPG, 34 KB"."""
    path = unquote(urlsplit(address).path)
    try:
        match = resolve(path)
        if match.url_name != "rendition":
            return ""
        size = size_of(match.kwargs["name"])
    except Exception:
        # No address, no such file, or no answer from where files are kept: the words are what counts.
        return ""
    return f"{PurePath(path).suffix[1:].upper()}, {filesizeformat(size)}"


@functools.lru_cache(maxsize=10_000)
def size_of(name):
    """Return the size of a stored picture. Under one name there is never another."""
    return default_storage.size(name)


def is_here(address, request):
    """Return whether `address`, as it stands in a page, is one of this site."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()})


def stay_text_only(link, request):
    """Have `link` lead to the text-only version, if it leads to a page: their addresses end in a slash."""
    address = link.get("href", "")
    parts = urlsplit(address)
    if (parts.path.endswith("/") or address.startswith("?")) and is_here(address, request):
        query = QueryDict(parts.query, mutable=True)
        query["text"] = "1"
        link.set("href", urlunsplit(parts._replace(query=query.urlencode())))
