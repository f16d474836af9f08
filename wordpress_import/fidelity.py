"""Compares the visible words of a post with those of its page, to notice words that the import lost."""

import re
from collections import Counter
from html import escape
from itertools import pairwise

import lxml.html

from wordpress_import.markup import drop_hidden, is_for_screen_readers, parse_html
from wordpress_import.names import NAMES

BLOCKS = NAMES["dividing_elements"]
WORD = re.compile(r"[^\W_]+")


def words(html):
    """Return the visible words of `html`, a list in their order."""
    return WORD.findall(visible_text(html).casefold())


def visible_text(html):
    """Return the text of `html` without what browsers don't show."""
    texts, root = [], parse_html(html)
    drop_hidden(root)
    collect(root, texts)
    return "".join(texts)


def is_visible(element):
    """Return whether readers see the texts in `element`, which can be a comment."""
    is_tag = isinstance(element, lxml.html.HtmlElement)
    return is_tag and element.tag not in NAMES["uncounted_elements"] and not is_for_screen_readers(element)


def collect(element, texts):
    """Append the visible texts in `element` to `texts`, with spaces where an element ends a word."""
    if is_visible(element):
        texts += [" " if element.tag in BLOCKS else "", element.text or ""]
        for child in element:
            collect(child, texts)
            texts.append(child.tail or "")
        if element.tag in BLOCKS:
            texts.append(" ")


def lost_words(before, after):
    """Return the words of the list `before` that the list `after` lacks, each as often as it lacks it.

    A word that became two is not lost: a page has a space between blocks where WordPress had none.
    """
    divided = Counter(map("".join, pairwise(after)))
    return list((Counter(before) - Counter(after) - divided).elements())


def shown_html(blocks):
    """Return HTML with all words that readers see in `blocks`, the raw blocks of a body."""
    return "".join(
        f"<div>{html}</div>" for block in blocks for html in texts_of(block["type"], block["value"])
    )


def texts_of(kind, value):
    """Yield the texts of a raw block of the type `kind` as HTML."""
    if kind == "text":
        yield value
    elif kind == "pictures":
        for picture in value["pictures"]:
            yield escape(picture["caption"])
    elif kind == "table":
        yield escape(value["caption"])
        yield from (escape(column["heading"]) for column in value["columns"])
        kinds = [column["type"] for column in value["columns"]]
        for row in value["rows"]:
            for kind, cell in zip(kinds, row["values"], strict=True):
                yield cell if kind == "link" else escape(cell)
    else:
        yield from (
            escape(value[name]) for name in ("text", "attribution", "label", "title") if value.get(name)
        )
