"""Parses HTML from WordPress into a tree of limited depth, without losing text."""

import re

import lxml.html

# In trees that are much deeper, the parser loses text. Tags below this depth are removed, but their text
# and tags that are VOID or ENDLESS; those don't count.
MAX_DEPTH = 100
TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*+)[^<>]*+>")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements whose end tag may be left out. The next one beside them ends them, so they are not counted.
ENDLESS = {"p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "option"}
# Characters that are not allowed in XML, and so in trees of lxml.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

# The style of an element that browsers don't show.
HIDING = re.compile(r"(^|;)\s*display\s*:\s*none\b", re.IGNORECASE)


class TextError(Exception):
    """A text that can't be converted. Its message is for the person who imports."""


def parse_html(html):
    """Return a <div> with the parsed `html`. Raises TextError if the parser would lose words of it."""
    html = flatten(CONTROL.sub(" ", html))
    parser = lxml.html.HTMLParser(huge_tree=True, encoding="utf-8")
    root = lxml.html.document_fromstring(
        f"<html><body><div>{html}</div></body></html>".encode(), parser=parser
    )
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise TextError("its tags are nested too deep to be read")
    # Not the inner <div>: a stray </div> ends that, and what follows is still in the body.
    body = root.find("body")
    body.tag = "div"
    return body


def drop_hidden(root):
    """Remove the elements of the tree `root` that browsers don't show. Return whether there were any."""
    marked = root.xpath(".//*[@hidden or @style]")
    hidden = [each for each in marked if each.get("hidden") is not None or HIDING.search(each.get("style"))]
    for each in hidden:
        each.drop_tree()
    return bool(hidden)


def is_for_screen_readers(element):
    """Return whether `element` has the class with which themes of WordPress hide words from other readers."""
    return "screen-reader-text" in (element.get("class") or "")


def flatten(html):
    """Return `html` without tags of a <body> or <html>, and those that are nested deeper than MAX_DEPTH."""
    depth = 0

    def keep(tag):
        """Return what replaces `tag`, a match of TAG: the tag itself, or a space."""
        nonlocal depth
        if tag[2].lower() in {"html", "body"}:
            return " "  # After the end tag of one, the parser would lose text.
        if tag[2].lower() in VOID | ENDLESS or tag[0].endswith("/>"):
            return tag[0]
        if tag[1]:
            depth = max(depth - 1, 0)
            return tag[0] if depth < MAX_DEPTH else " "
        depth += 1
        return tag[0] if depth <= MAX_DEPTH else " "

    return TAG.sub(keep, html)
