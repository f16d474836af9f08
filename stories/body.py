"""Functions that read what is in a page's body: its images, its text, and its section headings.

What a block has is known by the classes of the blocks in it, so a new block needs no line here. `body` is
always the StreamValue of a StoryBody (stories/blocks.py), as `page.body`. `html` is rendered.
"""

import re
from html import unescape
from itertools import count

from django.utils.html import strip_tags
from wagtail.blocks import ChooserBlock, ListBlock, PageChooserBlock, StructBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

from stories.picture_blocks import PICTURES, DescribedPictureBlock, PictureBlock

# A section heading in a rendered body: its id, from get_heading_id() or add_section_ids(), and its HTML.
SECTION = re.compile(r'<h2 id="(section-[^"]+)">(.*?)</h2>', re.DOTALL)


def blocks_in(block):
    """Yield `block` and every block that can be in it."""
    yield block
    for child in [getattr(block, "child_block", None), *getattr(block, "child_blocks", {}).values()]:
        if child:
            yield from blocks_in(child)


def parts_of(block, value, whole=()):
    """Yield (block, value) for each block in `block` that has no others in it, in their order.

    `value`: that of `block`, or what is stored of it, which can lack some fields. A picture with its
    alternative text is one part, and so is a table, and a block of the class `whole`.
    """
    if isinstance(block, ListBlock):
        for item in value or ():
            # Wagtail stores an item as {"type": "item", "value", "id"}, or as its bare value.
            is_wrapped = isinstance(item, dict) and item.get("type") == "item"
            yield from parts_of(block.child_block, item["value"] if is_wrapped else item, whole)
    elif isinstance(block, StructBlock) and not isinstance(block, (DescribedPictureBlock, whole)):
        for name in filter((value or {}).__contains__, block.child_blocks):
            yield from parts_of(block.child_blocks[name], value[name], whole)
    else:
        yield block, value


def parts_in(body, whole=()):
    """Yield what parts_of() yields for what is stored of `body`, with no database query."""
    for stored in body.raw_data:
        yield from parts_of(body.stream_block.child_blocks[stored["type"]], stored["value"], whole)


def get_images(body):
    """Return the images that the blocks of `body` show, without those that were deleted."""
    parts = [part for child in body for part in parts_of(child.block, child.value)]
    return [image for block, image in parts if isinstance(block, DescribedPictureBlock) and image]


def stored_pictures(body):
    """Return the pictures of `body` as dictionaries with image, alt_text and decorative. Takes no query."""
    parts = parts_in(body)
    return [block.stored(value) for block, value in parts if isinstance(block, DescribedPictureBlock)]


def get_picture_keys(body):
    """Return the primary keys of the images in `body`, with no database query."""
    return {picture["image"] for picture in stored_pictures(body)} - {None}


def get_chosen_pages(body, model=Page):
    """Return the primary keys of what `body` has in choosers of pages of `model`. Takes no query."""
    parts = [part for part in parts_in(body) if isinstance(part[0], PageChooserBlock)]
    return [key for chooser, key in parts if key and issubclass(chooser.target_model, model)]


def iter_texts(body, shown_pictures=None):
    """Yield a text for each block of `body`, and for each picture in it, with no database query.

    Blocks that lead to a page, a file or a person are left out: readers may not see their words. The parts of
    a text, such as a title and the words below it, are on lines of their own. `shown_pictures`: the primary
    keys of the pictures whose texts are yielded; None means all.
    """
    for stored in body.raw_data:
        block, words = body.stream_block.child_blocks[stored["type"]], []
        choosers = [each for each in blocks_in(block) if isinstance(each, ChooserBlock)]
        if not all(isinstance(each, ImageChooserBlock) for each in choosers):
            continue
        for part, value in parts_of(block, stored["value"], PictureBlock):
            picture = part.stored(value) if isinstance(part, PICTURES) else None
            if not picture:
                words += part.get_searchable_content(part.to_python(value))
            elif shown_pictures is None or picture["image"] in shown_pictures:
                yield f"{picture.get('caption') or ''}\n{picture.get('alt_text') or ''}"
        yield "\n".join(words)


def get_heading_id(block_id):
    """Return the HTML id for headings of the block with the UUID `block_id`; "" for a block without one.

    The id comes from the block's UUID, so that links to it work after the text or the order changed.
    """
    return f"section-{block_id[:8]}" if block_id else ""


def add_section_ids(html, block_id):
    """Return `html`, of the text block `block_id`, with an id for each section heading in it.

    The ids are numbered, because the headings have none of their own. `html` was cleaned by the filter
    `without_scripts`, which leaves no attributes on headings.
    """
    numbers = count(1)
    return re.sub("<h2>", lambda _found: f'<h2 id="{get_heading_id(block_id)}-{next(numbers)}">', html)


def get_table_of_contents(html):
    """Return (HTML id, text) for each section heading in `html`, a rendered body, in their order.

    They are read from what is rendered, so that each has the id and the text that the page has.
    """
    contents = [(key, unescape(strip_tags(heading))) for key, heading in SECTION.findall(html)]
    return [(key, text) for key, text in contents if text.strip()]
