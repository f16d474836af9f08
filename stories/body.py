"""Functions that read what is in a page's body: its images, its text, and its section headings.

`body` is always the StreamValue of a StoryBody (stories/blocks.py), as `page.body`. `html` is rendered.
"""

import re
from html import unescape
from itertools import count

from django.utils.html import strip_tags

# Types of blocks that hold only text: reading their value loads no other object from the database.
TEXT_BLOCK_TYPES = {"heading", "text", "quote", "callout", "table"}

# A section heading in a rendered body: its id, from get_heading_id() or add_section_ids(), and its HTML.
SECTION = re.compile(r'<h2 id="(section-[^"]+)">(.*?)</h2>', re.DOTALL)


def get_images(body):
    """Return the images that the blocks of `body` show, without those that were deleted."""
    images = []
    for block in body:
        if block.block_type == "pictures":
            images += [picture["image"] for picture in block.value["pictures"]]
        elif block.block_type == "media_link":
            images.append(block.value["poster"])
    return [image for image in images if image]


def iter_texts(body, shown_pictures=None):
    """Yield a text for each block of TEXT_BLOCK_TYPES in `body`, and for each picture in a picture block.

    The parts of a text, such as a title and the words below it, are on lines of their own. Takes no query:
    captions and alternative texts are read from the stored JSON, because the block's value would load the
    image. `shown_pictures`: the primary keys of the pictures whose texts are yielded; None means all.
    """
    for number, stored in enumerate(body.raw_data):
        if stored["type"] in TEXT_BLOCK_TYPES:
            block = body[number]
            yield "\n".join(block.block.get_searchable_content(block.value))
        elif stored["type"] == "pictures":
            for picture in stored_pictures(stored):
                image = stored_image(picture)
                if shown_pictures is None or image.get("image") in shown_pictures:
                    yield f"{picture.get('caption', '')}\n{image.get('alt_text', '')}"


def get_picture_keys(body):
    """Return the primary keys of the images in the picture blocks of `body`, with no database query.

    They are those whose texts `iter_texts` yields by default.
    """
    pictures = [
        picture
        for stored in body.raw_data
        if stored["type"] == "pictures"
        for picture in stored_pictures(stored)
    ]
    return {stored_image(picture).get("image") for picture in pictures} - {None}


def stored_pictures(stored):
    """Return the stored values of the pictures of `stored`, a raw block of pictures.

    A stored block can lack some of its fields. Wagtail then uses their defaults.
    """
    # Wagtail stores the items of a ListBlock as {"type", "value", "id"}, or as bare values.
    return [item.get("value", item) for item in stored["value"].get("pictures", ())]


def get_chosen_stories(body):
    """Return the primary keys of the stories in the blocks of chosen stories in `body`.

    They are read from the stored JSON, with no database query.
    """
    items = [
        item
        for stored in body.raw_data
        if stored["type"] == "chosen_stories"
        for item in stored["value"].get("stories", ())
    ]
    # Wagtail stores these items in two ways, as in stored_pictures().
    pks = [item["value"] if isinstance(item, dict) else item for item in items]
    return [pk for pk in pks if pk]


def stored_image(value, name="image"):
    """Return the stored value of an ImageBlock, {"image", "alt_text", "decorative"}, as a dictionary.

    `value`: the stored value of the block around it. `name`: the name of the ImageBlock in that. Instead of a
    dictionary, Wagtail also takes the primary key of an image, or null.
    """
    image = value.get(name)
    return image if isinstance(image, dict) else {"image": image}


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
