"""Turns HTML into the blocks of a page's body (stories/blocks.py), as raw data of a StreamField."""

from html import escape

from django.utils.translation import gettext_noop as _

from wordpress_import.media_links import kind_of
from wordpress_import.pieces import is_web_address
from wordpress_import.runs import BREAK, Runs
from wordpress_import.tables import read_table
from wordpress_import.walker import Walker

# The longest texts that the blocks allow, in characters.
MAX_TITLE, MAX_ATTRIBUTION, MAX_BUTTON = 160, 160, 60


class Converter(Walker):
    """Adds to Walker the elements that become blocks: quotes, tables, pictures, films, files and buttons."""

    def on_blockquote(self, element):
        self.end_paragraph()
        cites = element.xpath(".//cite")  # The last one says whose words they are.
        source, source_images = self.caption(cites[-1:])
        attribution = source.plain()
        for cite in cites[-1:]:
            cite.text, cite[:] = "", []  # so that it is not also in the text
        has_breaks = self.has_breaks or element.get("data-breaks") is not None  # As in Walker.block().
        runs, images = self.collect(element, has_breaks, gap=BREAK * 2)
        if runs.has_links:
            self.notes.flag(_("a link in a quote is left out"))
        text = runs.lines()
        if len(attribution) > MAX_ATTRIBUTION:
            text, attribution = f"{text}\n{attribution}", ""
        if text:
            self.out.add(
                "quote", {"text": text, "attribution": attribution, "own_words": False, "language": ""}
            )
        elif attribution:
            self.out.add_text(f"<p>{escape(attribution, quote=False)}</p>")
        self.out.add_images(images + source_images)

    def on_table(self, element, caption=None):
        """Add a block for a table, or its words as text. Return whether it became a block."""
        self.end_paragraph()
        table = read_table(self, element)
        if table is None:
            self.notes.flag(_("a table with joined cells, lists or pictures stands as text"))
            for row in element.iter("tr", "caption"):
                runs, images = self.collect(row, gap=" ")
                self.out.add_paragraph(runs)
                self.out.add_images(images)
        elif table["rows"]:
            self.out.add("table", table | ({"caption": caption} if caption else {}))
            return True
        return False

    def on_img(self, element):
        if element.get("width") == "1" or element.get("height") == "1":
            return  # A pixel that counts visitors.
        if {"wp-smiley", "emoji"} & set((element.get("class") or "").split()):
            self.out.runs.add(element.get("alt") or "", self.formats, self.link)
            return
        self.out.add_image(self.context.picture(element, self.notes))

    def on_figure(self, element):
        self.end_paragraph()
        classes = element.get("class") or ""
        captions = [each for each in element if each.tag == "figcaption"]
        if "wp-block-embed" in classes:
            self.embed(element, captions)
        elif element.find(".//table") is not None and "wp-block-table" in classes:
            caption, images = self.caption(captions)
            is_table = self.on_table(element.find(".//table"), caption.plain())
            # The caption of the block has no links, so one with links is also a text.
            if not is_table or caption.has_links:
                self.out.add_paragraph(caption)
            self.out.add_images(images)
        elif element.find(".//figure") is None and element.find(".//img") is not None:
            self.one_picture(element, captions)
        else:
            self.gallery(element)

    def caption(self, captions):
        """Return (Runs, pictures) of the first of `captions`, elements; empty ones if there is none."""
        return self.collect(captions[0]) if captions else (Runs(), [])

    def one_picture(self, element, captions):
        """Add the picture in the figure `element`, with its caption."""
        caption, images = self.caption(captions or element.xpath(".//figcaption"))
        for each in element.xpath(".//figcaption"):
            # remove() would also remove the text after the element.
            each.getparent().remove(each) if not each.tail else each.clear(keep_tail=True)
        # Pictures are held back, so that the caption can be given to the last one.
        self.out.hold_images = True
        self.children(element)
        found, self.out.images = self.out.images, []
        self.out.hold_images = False
        if found:
            found[-1].caption = caption
        self.out.add_images(found + images)
        if not found:
            self.out.add_paragraph(caption)
        self.end_paragraph()

    def gallery(self, element):
        """Add a figure with several pictures, or with something else."""
        self.out.begin_gallery()
        self.children(element)
        self.end_paragraph()
        self.out.end_gallery()

    def embed(self, element, captions):
        """Add a link to a film or recording for the figure `element`. If there is none, add its content."""
        caption, images = self.caption(captions)
        for each in captions:
            # remove() would also remove the text after it. The space keeps that apart from the address.
            each.clear(keep_tail=True)
            each.text = " "
        # The address is the first word of the text, or that of a frame or link.
        url = " ".join(element.text_content().split()).split(" ")[0]
        if "://" not in url:
            url = [*element.xpath(".//iframe/@src"), *element.xpath(".//a/@href"), ""][0]
        if kind := kind_of(url):
            self.media(kind, url, caption.plain() or url)
            # The title of the block has no links, and is cut.
            if caption.has_links or len(caption.plain()) > MAX_TITLE:
                self.out.add_paragraph(caption)
            after = " ".join(each.tail or "" for each in captions).replace(url, " ")
            self.out.add_paragraph(Runs([(after.strip(), frozenset(), None)]))
        else:
            self.children(element)
            self.end_paragraph()
            self.out.add_paragraph(caption)
        self.out.add_images(images)

    def on_iframe(self, element):
        # The base is made up. If the result has its host, the address was relative, so not of another site.
        url = self.context.absolute(element.get("src") or element.get("data-src"), base="https://x/")
        self.end_paragraph()
        if kind := kind_of(url):
            self.media(kind, url, element.get("title"))
        elif "://x/" not in url:
            self.notes.flag(_("a frame of another site is left out: %s"), url[:200])

    def on_video(self, element):
        sources = [element.get("src"), *(each.get("src") for each in element.iter("source"))]
        url = next((self.context.absolute(each) for each in sources if each), "")
        self.end_paragraph()
        if is_web_address(url):
            kind = kind_of(url) or ("audio" if element.tag == "audio" else "video")
            if self.context.is_internal(url):
                self.notes.flag(_("a recording is on the old host, and must move"))
            self.media(kind, url, element.get("title"))
        self.children(element)

    on_audio = on_video

    def on_object(self, element):
        url = element.get("data") or element.get("src") or ""
        if kind := kind_of(url):
            self.media(kind, url)

    on_embed = on_object

    def media(self, kind, url, title=None):
        """Add a link to a film or recording. `kind`: "video" or "audio".

        A missing title, or the address as the title, is flagged.
        """
        title = " ".join((title or "").split())
        if title == url or not title:
            self.notes.flag(_("a film or recording needs a title"))
        self.out.add(
            "media_link",
            {"kind": kind, "title": title[:MAX_TITLE], "url": url, "minutes": None, "transcript": ""},
        )

    def on_div(self, element):
        classes = (element.get("class") or "").split()
        links = element.findall(".//a") if {"wp-block-button", "wp-block-file"} & set(classes) else []
        if "wp-block-button" in classes:
            for link in links:
                link.classes.add("wp-block-button__link")
        elif links:
            self.document(links[0])
        self.block(element)

    def document(self, link):
        """Take `link`, an <a>, out of its file block, and add a block for its file, if that is possible."""
        runs, images = self.collect(link)
        document = self.context.document(link.get("href"), self.notes)
        if document is not None and 0 < len(runs.plain()) <= MAX_TITLE:
            self.end_paragraph()
            self.out.add("document", {"document": document, "title": runs.plain()})
            self.out.add_images(images)
            link.tail = f" {link.tail or ''}"
            link.drop_tree()

    def on_button_link(self, element):
        """Add a button for the <a> `element`, or a text with the link if the block doesn't allow it."""
        self.end_paragraph()
        runs, images = self.collect(element)
        target = self.context.target(element.get("href"), self.notes)
        if target and 0 < len(runs.plain()) <= MAX_BUTTON:
            self.out.add("action", {"heading": "", "text": "", "label": runs.plain()} | target)
        elif runs.plain():
            link = self.context.link(element.get("href"), self.notes)
            html = f"<a {link}>{escape(runs.plain(), quote=False)}</a>" if link else runs.html()
            self.out.add_text(f"<p>{html}</p>")
        self.out.add_images(images)
