"""Walks through HTML and collects its text: paragraphs, headings and lists. body.py adds the other blocks."""

import re

import lxml.html
from django.utils.translation import gettext_noop as _

from wordpress_import.markup import drop_hidden, is_for_screen_readers, parse_html
from wordpress_import.media_links import kind_of
from wordpress_import.names import NAMES
from wordpress_import.pieces import BlockCollector, InlineCollector
from wordpress_import.runs import BREAK, FORMATS, Runs

# White space of HTML. A non-breaking space is none.
SPACE = re.compile(r"[ \t\r\f\v\n]+")
# Elements that are paragraphs of their own, if no method on_<tag> handles them.
BLOCKS = NAMES["paragraph_elements"]
# {tag: level in the body}. The title of the page is the only h1.
HEADINGS = {"h1": "2", "h2": "2", "h3": "3", "h4": "4", "h5": "4", "h6": "4", "summary": "4"}
# Elements with a method that is also called where only inline content is allowed.
INLINE = {"a", "br", "img", "pre"}
# Elements that begin and end a line where only inline content is allowed.
FLATTENED = BLOCKS | set(HEADINGS) | NAMES["line_elements"]
MAX_HEADING = 160  # characters, as in the block


class Walker:
    """Walks through a tree of HTML and collects blocks. A method on_<tag> handles the elements of that tag.

    `context`: the Context, which finds files and links. `notes`: the Notes of the item. `has_breaks`: whether
    line ends in the text are line breaks. `is_inline`: whether only inline content is allowed, as in a
    heading.
    """

    def __init__(self, context, notes, has_breaks, is_inline=False):
        self.context, self.notes = context, notes
        self.is_inline = is_inline
        self.out = InlineCollector() if is_inline else BlockCollector(notes)
        self.formats, self.link = frozenset(), None
        self.has_breaks, self.is_preformatted = has_breaks, False

    def convert(self, html):
        """Return the list of raw blocks for `html`."""
        root = parse_html(html)
        if drop_hidden(root):
            self.notes.leave_out_hidden()
        self.children(root)
        return self.out.finish()

    # Walking

    def children(self, element):
        """Read the text and the children of `element`."""
        self.text(element.text)
        for child in element:
            self.element(child)
            self.text(child.tail)

    def text(self, text):
        """Add `text` to the current paragraph. It may end paragraphs, if line ends are line breaks."""
        if not text:
            return
        if self.is_preformatted:
            self.out.runs.add(text.replace("\r\n", BREAK), self.formats, self.link)
            return
        if not self.has_breaks:
            self.out.runs.add(SPACE.sub(" ", text), self.formats, self.link)
            return
        for number, paragraph in enumerate(text.replace("\r\n", "\n").split("\n\n")):
            if number:
                self.end_paragraph()
            for place, line in enumerate(paragraph.split("\n")):
                if place:
                    self.out.runs.add(BREAK, self.formats, self.link)
                self.out.runs.add(SPACE.sub(" ", line), self.formats, self.link)

    def element(self, element):
        """Read `element`."""
        tag = element.tag
        if (
            not isinstance(tag, str) or tag in NAMES["dropped_elements"]
        ):  # The tag of a comment is a function.
            if tag in {"script", "noscript"}:
                self.notes.flag(_("a script is left out"))
            return
        if is_for_screen_readers(element):
            return
        handler = getattr(self, f"on_{tag}", None)
        if self.is_inline and tag not in INLINE:
            self.element_in_line(element)
        elif handler:
            handler(element)
        elif tag in HEADINGS:
            self.heading(element)
        elif tag in FORMATS:
            self.inline(element, FORMATS[tag])
        elif tag in BLOCKS:
            self.block(element)
        else:
            self.children(element)

    def element_in_line(self, element):
        """Read `element` where only inline content is allowed. Its words are kept."""
        if element.tag in FORMATS:
            if element.tag == "cite" and element.getparent().tag == "blockquote":
                self.end_paragraph()  # The source of a quote is on a line of its own.
            self.inline(element, FORMATS[element.tag])
        elif element.tag in FLATTENED:
            self.block(element)
        elif element.tag in {"iframe", "object", "embed", "video", "audio"}:
            url = element.get("src") or element.get("data") or ""
            self.notes.flag(_("a film or frame within other text is left out: %s"), url[:200])
            if element.tag in {"video", "audio"}:  # The words in the others are for old browsers only.
                self.children(element)
        else:
            self.children(element)

    def block(self, element):
        """Read `element` as a paragraph of its own."""
        self.end_paragraph()
        before = self.has_breaks
        # The Expander and divi.py put this attribute around texts whose line ends are line breaks.
        if element.get("data-breaks") is not None:
            self.has_breaks = True
        if element.tag == "form":
            self.notes.flag(_("the words of a form stand in the text"))
        self.children(element)
        self.end_paragraph()
        self.has_breaks = before

    def inline(self, element, name):
        """Read `element` in the format `name`, a tag."""
        before, self.formats = self.formats, self.formats | {name}
        self.children(element)
        self.formats = before

    def end_paragraph(self):
        """End the current paragraph. If it is only the address of a film, it becomes a link to the film."""
        url = self.out.runs.plain()
        if not self.is_inline and "://" in url and " " not in url and (kind := kind_of(url)):
            self.out.runs = Runs()
            self.media(kind, url, url)  # a method of Converter
        self.out.end_paragraph()

    def collect(self, element, has_breaks=False, gap=BREAK):
        """Return (Runs, list of Pictures) for what is in `element`. `gap`: as in InlineCollector.take()."""
        inner = type(self)(self.context, self.notes, has_breaks, is_inline=True)
        inner.children(element)
        return inner.out.take(gap)

    # Elements

    def on_br(self, element):
        self.out.runs.add(BREAK)

    def on_hr(self, element):
        self.end_paragraph()
        self.notes.dropped["separator"] += 1

    def on_a(self, element):
        if "wp-block-file__button" in (element.get("class") or ""):  # It follows the name of the file.
            self.out.runs.add(" ")
        elif "wp-block-button__link" in (element.get("class") or "") and not self.is_inline:
            self.on_button_link(element)  # a method of Converter
            return
        before, self.link = self.link, self.context.link(element.get("href"), self.notes) or self.link
        self.children(element)
        self.link = before

    def on_pre(self, element):
        self.end_paragraph()
        before, self.is_preformatted = self.is_preformatted, True
        self.children(element)
        self.end_paragraph()
        self.is_preformatted = before

    def heading(self, element):
        """Add a heading. One that is too long or has links becomes rich text."""
        self.end_paragraph()
        runs, images = self.collect(element)
        level, text = HEADINGS[element.tag], runs.plain()
        if text and (runs.has_links or len(text) > MAX_HEADING):
            self.out.add_text(f"<h{level}>{runs.html()}</h{level}>")
        elif text:
            self.out.add("heading", {"text": text, "level": level})
        self.out.add_images(images)

    def on_ul(self, element):
        self.end_paragraph()
        html, images = self.list_html(element)
        self.out.add_text(html)
        self.out.add_images(images)

    on_ol = on_ul

    def on_li(self, element):
        """Add an item that is in no list. It is put into one, because Wagtail's editor would crash."""
        self.end_paragraph()
        html, images = self.items_html([element])
        self.out.add_item(html)
        self.out.add_images(images)

    def list_html(self, element):
        """Return (HTML of the list `element`, list of Pictures in it)."""
        html, images = self.items_html(items_of(element))
        tag = "ol" if element.tag == "ol" else "ul"
        return (f"<{tag}>{html}</{tag}>" if html else ""), images

    def items_html(self, elements):
        """Return (HTML of <li> elements, list of Pictures in them). Each of `elements` becomes an item."""
        html, images = [], []
        for element in elements:
            if element.tag in {"ul", "ol"}:
                nested, more = self.list_html(element)
                # A list that is directly in a list becomes a part of the item before it.
                html[-1:] = [
                    f"{html[-1].removesuffix('</li>')} {nested}</li>" if html else f"<li>{nested}</li>"
                ]
                images += more
                continue
            inner = type(self)(self.context, self.notes, has_breaks=False, is_inline=True)
            inner.formats, inner.link = self.formats, self.link
            inner.text(element.text)
            nested = []
            for child in element:
                if child.tag in {"ul", "ol"}:
                    inner.end_paragraph()  # The text after the list begins a line of its own.
                    more_html, more = self.list_html(child)
                    nested.append(more_html)
                    images += more
                else:
                    inner.element(child)
                inner.text(child.tail)
            runs, more = inner.out.take()
            images += more
            if runs.html() or nested:
                html.append(f"<li>{' '.join(filter(None, [runs.html(), *nested]))}</li>")
        return "".join(html), images


def items_of(element):
    """Return the items and lists that are directly in the list `element`. All else there becomes items."""
    items = [lxml.html.Element("li")]
    items[0].text = element.text
    for child in list(element):
        item = lxml.html.Element("li")
        if child.tag in {"li", "ul", "ol"}:
            item.text = child.tail
            items += [child, item]
        else:
            item.append(child)  # with the text after it
            items.append(item)
    return items
