"""Walks through HTML, and collects text: paragraphs, headings and lists."""

from wordpress_import.markup import parse_html
from wordpress_import.media_links import kind_of
from wordpress_import.pieces import BlockCollector, InlineCollector
from wordpress_import.runs import BREAK, FORMATS, SPACE, Runs

BLOCKS = {"p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "details", "address"}
BLOCKS |= {
    "dl",
    "dt",
    "dd",
    "form",
    "fieldset",
    "center",
    "body",
    "html",
    "hr",
    "figure",
    "figcaption",
    "picture",
}
HIDDEN = {
    "script",
    "style",
    "noscript",
    "template",
    "head",
    "title",
    "svg",
    "math",
    "source",
    "track",
    "link",
    "meta",
}
HEADINGS = {"h1": "2", "h2": "2", "h3": "3", "h4": "4", "h5": "4", "h6": "4"}
# Handled also where no block can stand.
INLINE = {"a", "br", "img", "pre"}
# There, a line ends before and after these.
FLATTENED = (
    BLOCKS | set(HEADINGS) | {"ul", "ol", "li", "table", "tr", "td", "th", "caption", "blockquote", "summary"}
)
MAX_HEADING = 160  # characters, as in the block


class Walker:
    """Walks through a tree of HTML, and collects the blocks. `context` finds files and links."""

    def __init__(self, context, notes, has_breaks, is_inline=False):
        self.context, self.notes = context, notes
        self.is_inline = is_inline
        self.out = InlineCollector() if is_inline else BlockCollector(notes)
        self.formats, self.link = frozenset(), None
        self.has_breaks, self.is_preformatted = has_breaks, False

    def convert(self, html):
        """Return the raw blocks for `html`."""
        self.children(parse_html(html))
        return self.out.finish()

    # Walking

    def children(self, element):
        self.text(element.text)
        for child in element:
            self.element(child)
            self.text(child.tail)

    def text(self, text):
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
        tag = element.tag
        if not isinstance(tag, str) or tag in HIDDEN:
            if tag in {"script", "noscript"}:
                self.notes.flag("a script is left out")
            return
        if "screen-reader-text" in (element.get("class") or ""):
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
        """Read `element` where no block can stand: its words are kept."""
        if element.tag in FORMATS:
            self.inline(element, FORMATS[element.tag])
        elif element.tag in FLATTENED:
            self.block(element)
        elif element.tag in {"iframe", "object", "embed", "video", "audio"}:
            url = element.get("src") or element.get("data") or ""
            self.notes.flag(f"a film or frame within other text is left out: {url[:200]}")
        else:
            self.children(element)

    def block(self, element):
        self.end_paragraph()
        before = self.has_breaks
        if element.get("data-breaks") is not None:
            self.has_breaks = True
        if element.tag == "form":
            self.notes.flag("the words of a form stand in the text")
        self.children(element)
        self.end_paragraph()
        self.has_breaks = before

    def inline(self, element, name):
        before, self.formats = self.formats, self.formats | {name}
        self.children(element)
        self.formats = before

    def end_paragraph(self):
        url = self.out.runs.plain()
        if not self.is_inline and "://" in url and " " not in url and (kind := kind_of(url)):
            self.out.runs = Runs()
            self.media(kind, url, url)
        self.out.end_paragraph()

    def collect(self, element, has_breaks=False, gap=BREAK):
        """Return (Runs, pictures) of what is within `element`."""
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
        if "wp-block-file__button" in (element.get("class") or ""):
            self.out.runs.add(" ")
        elif "wp-block-button__link" in (element.get("class") or ""):
            return self.on_button_link(element)
        before, self.link = self.link, self.context.link(element.get("href"), self.notes) or self.link
        self.children(element)
        self.link = before
        return None

    def on_p(self, element):
        self.block(element)

    def on_pre(self, element):
        self.end_paragraph()
        before, self.is_preformatted = self.is_preformatted, True
        self.children(element)
        self.end_paragraph()
        self.is_preformatted = before

    def heading(self, element, level=None):
        self.end_paragraph()
        runs, images = self.collect(element)
        level = level or HEADINGS[element.tag]
        text = runs.plain()
        if text and (runs.has_links or len(text) > MAX_HEADING):
            self.out.add_text(
                f"<{'h4' if level == '4' else 'h3'}>{runs.html()}</{'h4' if level == '4' else 'h3'}>"
            )
        elif text:
            self.out.add("heading", {"text": text, "level": level})
        self.out.add_images(images)

    def on_summary(self, element):
        self.heading(element, "4")

    def on_ul(self, element):
        self.end_paragraph()
        html, images = self.list_html(element)
        self.out.add_text(html)
        self.out.add_images(images)

    on_ol = on_ul

    def on_li(self, element):
        """An item without a list. In rich text of Wagtail it would crash the editor."""
        self.end_paragraph()
        html, images = self.items_html([element])
        self.out.add_item(html)
        self.out.add_images(images)

    def list_html(self, element):
        html, images = self.items_html(list(element))
        tag = "ol" if element.tag == "ol" else "ul"
        return (f"<{tag}>{html}</{tag}>" if html else ""), images

    def items_html(self, elements):
        """Return (HTML of <li>, images). What is no item in a list becomes one."""
        html, images = [], []
        for element in elements:
            if not isinstance(element.tag, str):
                continue
            if element.tag in {"ul", "ol"}:
                nested, more = self.list_html(element)
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
