"""Fills a block of any kind with words of which none is there twice."""

from itertools import count

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageBlock

words = (f"word{number}z" for number in count(1))


def fill(block, image, page, document):
    """Return a value to store for `block`, in which every text has a word of its own, as word42z."""
    word, others = next(words), (image, page, document)
    if isinstance(block, ImageBlock):
        return {"image": image.pk, "alt_text": word, "decorative": False}
    if isinstance(block, blocks.ListBlock):
        return [fill(block.child_block, *others)]
    if isinstance(block, TypedTableBlock):
        columns = [
            {"type": kind, "heading": f"{word[:-1]}{number}z"}
            for number, kind in enumerate(block.child_blocks)
        ]
        values = [fill(child, *others) for child in block.child_blocks.values()]
        return {"caption": word, "columns": columns, "rows": [{"values": values}]}
    if isinstance(block, blocks.StructBlock):
        return {name: fill(child, *others) for name, child in block.child_blocks.items()}
    if isinstance(block, blocks.PageChooserBlock):
        return page.pk
    if isinstance(block, DocumentChooserBlock):
        return document.pk
    if isinstance(block, blocks.URLBlock):
        return f"https://example.org/{word}"
    if isinstance(block, (blocks.CharBlock, blocks.TextBlock)):
        return word
    if isinstance(block, blocks.RichTextBlock):
        return f"<p>{word}</p>"
    return block.get_prep_value(block.get_default())
