"""Converts the content of one item to the body of a page, and checks that no word is lost."""

from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext_noop as _

from wordpress_import.body import Converter
from wordpress_import.expanding import Expander, Notes
from wordpress_import.fidelity import lost_words, shown_html, words


@dataclass
class Converted:
    """The result for one item. `blocks`: the raw blocks of the body. `notes`: for the report.

    `words_before`, `words_after`: how many words readers saw in WordPress, and see here.
    """

    blocks: list
    notes: Notes
    words_before: int
    words_after: int


def convert(item, export, context):
    """Return the Converted for `item`. `export`: the Export. `context`: a Context."""
    notes = Notes()
    html, has_breaks = Expander(export, item, notes).expand(item.content)
    blocks = Converter(context, notes, has_breaks).convert(html)
    before, after = words(html), words(shown_html(blocks))
    # The address of a film can be a word of the post. In its block it is no text that readers see.
    addresses = [block["value"]["url"] for block in blocks if block["type"] == "media_link"]
    if lost := lost_words(before, after + words(escape(" ".join(addresses)))):
        notes.lost = lost[:10]
        notes.flag(_("lost words: %s"), len(lost))
    return Converted(blocks, notes, len(before), len(after))
