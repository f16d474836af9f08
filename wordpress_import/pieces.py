"""Collects the pieces of a body: paragraphs go into blocks of text, and pictures into blocks of pictures."""

from dataclasses import dataclass, field

from wordpress_import.runs import BREAK, Runs

MAX_CAPTION, MAX_PICTURES = 300, 12


@dataclass
class Picture:
    """A picture of the old site. `image`: the primary key of that in the library, None if it is missing."""

    image: int | None
    alt: str = ""
    caption: Runs = field(default_factory=Runs)


def is_web_address(url):
    return url.lower().startswith(("https://", "http://"))


class BlockCollector:
    """`runs`: the paragraph that is being read. `images`: pictures that stand in it, and follow it."""

    def __init__(self, notes):
        self.notes = notes
        self.blocks, self.paragraphs, self.images = [], [], []
        self.runs = Runs()
        self.gallery = None
        self.hold_images = False
        self.loose_items = []

    def finish(self):
        self.end_paragraph()
        self.end_text()
        return self.blocks

    def end_paragraph(self):
        html = self.runs.html()
        self.runs = Runs()
        if html:
            self.add_text(f"<p>{html}</p>")
        if self.images and not self.hold_images:
            images, self.images = self.images, []
            self.add_images(images)

    def add_text(self, html):
        """Add rich text: a paragraph, a heading or a list."""
        if html:
            self.end_gallery(again=True)
            self.end_items()
            self.paragraphs.append(html)

    def add_item(self, html):
        """Add <li>s that stand in no list. Those that follow each other become one list."""
        if html:
            self.end_gallery(again=True)
            self.loose_items.append(html)

    def end_items(self):
        if self.loose_items:
            self.paragraphs.append(f"<ul>{''.join(self.loose_items)}</ul>")
            self.loose_items = []

    def end_text(self):
        self.end_items()
        if self.paragraphs:
            self.blocks.append({"type": "text", "value": "".join(self.paragraphs)})
            self.paragraphs = []

    def add(self, kind, value):
        self.end_gallery(again=True)
        self.end_text()
        self.blocks.append({"type": kind, "value": value})

    # Pictures

    def add_image(self, picture):
        """Add a picture, after the paragraph in which it stands."""
        if picture is None:
            return
        self.images.append(picture)
        if not self.runs.plain() and not self.hold_images:
            self.end_paragraph()

    def add_images(self, pictures):
        if self.hold_images:
            self.images += pictures
        elif self.gallery is not None:
            self.gallery += pictures
        else:
            for picture in pictures:
                self.put([picture])

    def begin_gallery(self):
        self.end_gallery()
        self.gallery = []

    def end_gallery(self, again=False):
        """Put the pictures of the gallery into blocks. `again`: whether more may follow after a text."""
        pictures, self.gallery = self.gallery, None
        if pictures:
            self.put(pictures)
        if again and pictures is not None:
            self.gallery = []

    def put(self, pictures):
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
        return len(caption.plain()) <= MAX_CAPTION and not caption.has_links

    def value(self, picture):
        if not picture.alt:
            self.notes.flag("a picture has no alternative text")
        caption = picture.caption.plain() if self.fits(picture.caption) else ""
        image = {"image": picture.image, "alt_text": picture.alt[:255], "decorative": False}
        return {"image": image, "caption": caption}


class InlineCollector:
    """Collects what is within an element that takes one text, such as a heading or a cell of a table."""

    def __init__(self):
        self.paragraphs, self.images = [], []
        self.runs = Runs()

    def end_paragraph(self):
        if self.runs.plain():
            self.paragraphs.append(self.runs)
        self.runs = Runs()

    def add_image(self, picture):
        if picture is not None:
            self.images.append(picture)

    def take(self, gap=BREAK):
        """Return (Runs, pictures) of all that was collected, with `gap` between the paragraphs."""
        self.end_paragraph()
        runs = Runs()
        for number, part in enumerate(self.paragraphs):
            if number:
                runs.add(gap)
            runs.runs += part.runs
        return runs, self.images
