"""Collects paragraphs and pictures, and puts them into the raw blocks of a body (stories/blocks.py)."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from wordpress_import.runs import BREAK, Runs

# The longest caption, in characters, and the most pictures that a block allows.
MAX_CAPTION, MAX_PICTURES = 300, 12


@dataclass
class Picture:
    """A picture in a post or page. `image`: the primary key of its image in the library, or None."""

    image: int | None
    alt: str
    caption: Runs = field(default_factory=Runs)


def is_web_address(url):
    return url.lower().startswith(("https://", "http://"))


class BlockCollector:
    """Collects the blocks of a body.

    `blocks`: the finished raw blocks. `paragraphs`: the HTML of the block of text that is being filled.
    `runs`: the paragraph that is being read. `images`: the pictures in that paragraph, which are added after
    it. `gallery`: the pictures of the gallery that is being read, or None. `hold_images`: whether pictures
    stay in `images` until the caller takes them. `loose_items`: the <li>s of add_item() that follow each
    other, until end_items().
    """

    def __init__(self, notes):
        self.notes = notes
        self.blocks, self.paragraphs, self.images = [], [], []
        self.runs = Runs()
        self.gallery = None
        self.hold_images = False
        self.loose_items = []

    def finish(self):
        """Return the list of the raw blocks."""
        self.end_paragraph()
        self.end_text()
        return self.blocks

    def end_paragraph(self):
        """End the paragraph that is being read, and add its pictures after it."""
        runs, self.runs = self.runs, Runs()
        self.add_paragraph(runs)
        if self.images and not self.hold_images:
            images, self.images = self.images, []
            self.add_images(images)

    def add_text(self, html):
        """Add rich text: a paragraph, a heading or a list."""
        if html:
            self.end_gallery(again=True)
            self.end_items()
            self.paragraphs.append(html)

    def add_paragraph(self, runs):
        """Add `runs` as a paragraph, if there is text in them."""
        self.add_text(f"<p>{runs.html()}</p>" if runs.plain() else "")

    def add_item(self, html):
        """Add <li>s that stand in no list. Those that follow each other become one list."""
        if html:
            self.end_gallery(again=True)
            self.loose_items.append(html)

    def end_items(self):
        """Add the list of the loose items to the text."""
        if self.loose_items:
            self.paragraphs.append(f"<ul>{''.join(self.loose_items)}</ul>")
            self.loose_items = []

    def end_text(self):
        """Add the block of text that is being filled."""
        self.end_items()
        if self.paragraphs:
            self.blocks.append({"type": "text", "value": "".join(self.paragraphs)})
            self.paragraphs = []

    def add(self, kind, value):
        """Add a block of the type `kind`."""
        self.end_gallery(again=True)
        self.end_text()
        self.blocks.append({"type": kind, "value": value})

    # Pictures

    def add_image(self, picture):
        """Add a picture. It follows the paragraph that it is in."""
        self.images.append(picture)
        if not self.runs.plain() and not self.hold_images:
            self.end_paragraph()

    def add_images(self, pictures):
        """Add a list of Pictures: to the gallery if one is being read, otherwise as blocks of their own."""
        if self.hold_images:
            self.images += pictures
        elif self.gallery is not None:
            self.gallery += pictures
        else:
            for picture in pictures:
                self.put([picture])

    def begin_gallery(self):
        """Begin a gallery: the pictures until end_gallery() share a block."""
        self.end_gallery()
        self.gallery = []

    def end_gallery(self, again=False):
        """Put the pictures of the gallery into blocks. `again`: whether the gallery goes on after that."""
        pictures, self.gallery = self.gallery, None
        if pictures:
            self.put(pictures)
        if again and pictures is not None:
            self.gallery = []

    def put(self, pictures):
        """Add blocks of at most MAX_PICTURES pictures. Captions that don't fit into one become paragraphs."""
        shown = [each for each in pictures if each.image]
        for start in range(0, len(shown), MAX_PICTURES):
            self.end_text()
            values = [self.value(each) for each in shown[start : start + MAX_PICTURES]]
            self.blocks.append({"type": "pictures", "value": {"pictures": values}})
        for each in pictures:
            if each.caption.plain() and (not each.image or not self.fits(each.caption)):
                self.end_items()
                self.paragraphs.append(f"<p>{each.caption.html()}</p>")

    def fits(self, caption):
        """Return whether `caption`, Runs, can be the caption in a block: short enough, and without links."""
        return len(caption.plain()) <= MAX_CAPTION and not caption.has_links

    def value(self, picture):
        """Return the value of `picture` in a block."""
        if not picture.alt:
            self.notes.flag(_("a picture has no alternative text"))
        caption = picture.caption.plain() if self.fits(picture.caption) else ""
        image = {"image": picture.image, "alt_text": picture.alt[:255], "decorative": False}
        return {"image": image, "caption": caption}


class InlineCollector:
    """Collects the content of an element that becomes a single text, such as a heading or a table cell."""

    def __init__(self):
        self.paragraphs, self.images = [], []
        self.runs = Runs()

    def end_paragraph(self):
        """End the paragraph that is being read."""
        if self.runs.plain():
            self.paragraphs.append(self.runs)
        self.runs = Runs()

    def add_image(self, picture):
        self.images.append(picture)

    def take(self, gap=BREAK):
        """Return (Runs, list of Pictures) of the content. `gap`: the text between two paragraphs."""
        self.end_paragraph()
        runs = Runs()
        for number, part in enumerate(self.paragraphs):
            if number:
                runs.add(gap)
            runs.runs += part.runs
        return runs, self.images
