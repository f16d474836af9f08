"""Fills a block of any kind with words of which none is there twice."""

from itertools import count

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

words = (f"word{number}z" for number in count(1))


def fill(block, image, page, document):
    """Return a value to store for `block`, in which every text has a word of its own, as word42z."""
    word, chosen = next(words), (image, page, document)
    for kind, value in {
        ImageBlock: {"image": image.pk, "alt_text": word, "decorative": False},
        blocks.PageChooserBlock: page.pk,
        DocumentChooserBlock: document.pk,
        blocks.URLBlock: f"https://example.org/{word}",
        blocks.RichTextBlock: f"<p>{word}</p>",
        (blocks.CharBlock, blocks.TextBlock): word,
        (blocks.IntegerBlock, blocks.DecimalBlock): 1,
    }.items():
        if isinstance(block, kind):
            return value
    if isinstance(block, blocks.ListBlock):
        return list(filter(None, [fill(block.child_block, *chosen)]))
    filled = {name: fill(child, *chosen) for name, child in getattr(block, "child_blocks", {}).items()}
    if isinstance(block, TypedTableBlock):
        columns = [{"type": name, "heading": next(words)} for name in filled]
        return {"caption": word, "columns": columns, "rows": [{"values": list(filled.values())}]}
    if isinstance(block, blocks.ChoiceBlock):
        return next(key for key, _label in block.field.choices if key)
    return filled or block.get_prep_value(block.get_default())
