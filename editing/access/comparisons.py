"""Makes the comparison of two revisions show nothing of a picture or document that its reader may not choose.

The reader is the user of the current request. In place of the title of such a document in a block are the
words of hidden_title(), so that the reader sees that there is one. The form of the page hides such files too:
editing/access/hidden_choices.py.

The comparison also works for blocks without a value, on which Wagtail 8.0 fails or shows "None": a video
without its still picture, or a gallery in a draft whose picture is not chosen yet. And it shows where a
paragraph of a text ends, which Wagtail's joins to the next one.

Each function that replaces another has that as its `original`: editing/overrides/patches.py sets it.
"""

import re
from functools import cache

from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape, format_html, format_html_join
from wagtail.admin import compare
from wagtail.blocks import FieldBlock, ListBlock, RichTextBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.fields import RichTextField
from wagtail.images import blocks as image_blocks
from wagtail.utils.text import text_from_html

from editing.access.hidden_choices import hidden_title, may_show

# The most characters of two texts that are compared word by word. It can take about two seconds.
LONGEST_TEXTS = 20_000


def visible(instance):
    """Return `instance`, or None for a hidden picture or document."""
    return instance if instance and may_show(type(instance), instance.pk) else None


def diff_text(a, b):
    """Replace diff_text. It takes hours for two texts of 30,000 words, because it compares all with all."""
    if len(a or "") + len(b or "") > LONGEST_TEXTS:
        return compare.TextDiff([("deletion", a or ""), ("addition", b or "")])
    return diff_text.original(a, b)


def get_objects(self):
    """Replace ForeignObjectComparison.get_objects."""
    return tuple(map(visible, get_objects.original(self)))


def lines_of(html):
    """Return the text of the rich text `html`, each paragraph and item of a list on a line of its own."""
    return text_from_html(re.sub(r"</(?:p|li|h\d)>|<br ?/?>", "\n", str(html or "")))


class LinesMixin:
    """Compares rich text line by line."""

    def htmldiff(self):
        return linebreaksbr(compare.diff_text(lines_of(self.val_a), lines_of(self.val_b)).to_html())


class RichTextFieldComparison(LinesMixin, compare.TextFieldComparison):
    """Compares the texts of two fields."""


compare.register_comparison_class(RichTextField, comparison_class=RichTextFieldComparison)


class RichTextComparison(LinesMixin, compare.BlockComparison):
    """Compares the texts of two blocks."""

    def htmlvalue(self, val):
        return linebreaksbr(escape(lines_of(val)))


class PictureComparison(image_blocks.ImageChooserBlockComparison):
    """Compares two chosen pictures."""

    def __init__(self, block, exists_a, exists_b, val_a, val_b):
        super().__init__(block, exists_a, exists_b, visible(val_a), visible(val_b))

    def htmlvalue(self, val):
        # A block around this one passes the stored value again.
        return super().htmlvalue(visible(val))


class DocumentComparison(compare.BlockComparison):
    """Compares two chosen documents."""

    def htmlvalue(self, val):
        return escape(self.text_of(val))

    def htmldiff(self):
        return compare.diff_text(self.text_of(self.val_a), self.text_of(self.val_b)).to_html()

    def text_of(self, document):
        if document is None:
            return ""
        return str(document) if may_show(type(document), document.pk) else hidden_title()


class ListComparison(compare.ListBlockComparison):
    """Compares two lists of blocks. Wagtail's class renders a new list as a whole, with "None" in it."""

    def htmlvalue(self, val):
        child = self.block.child_block
        comparison_class = compare.get_comparison_class_for_block(child)
        items = [(comparison_class(child, True, True, item, item).htmlvalue(item),) for item in val]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", items))


@cache
def without_none(comparison_class):
    """Return a subclass of `comparison_class` that shows nothing for a missing value, and not "None"."""

    class Comparison(comparison_class):
        def __init__(self, block, exists_a, exists_b, *values):
            super().__init__(block, exists_a, exists_b, *("" if value is None else value for value in values))

        def htmlvalue(self, val):
            return "" if val is None else super().htmlvalue(val)

    return Comparison


def get_comparison_class(block):
    """Replace get_comparison_class_for_block, which Wagtail also calls for blocks inside of others."""
    for block_class, comparison_class in COMPARISONS.items():
        if isinstance(block, block_class):
            return comparison_class
    found = get_comparison_class.original(block)
    # In an ImageBlock, Wagtail compares the picture by PictureComparison, and fails if there is none.
    return without_none(found) if isinstance(block, (FieldBlock, image_blocks.ImageBlock)) else found


# {class of blocks: its comparison}.
COMPARISONS = {
    image_blocks.ImageChooserBlock: PictureComparison,
    DocumentChooserBlock: DocumentComparison,
    ListBlock: ListComparison,
    RichTextBlock: RichTextComparison,
}
