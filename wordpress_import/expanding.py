"""Turns the content of an item into the HTML that WordPress would show, without blocks and shortcodes.

An item is a post, a page or something else in the export (export.py). The words of unknown blocks and
shortcodes are kept, those in attributes as far as is_sentence() finds them. Their names are noted for the
report.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import escape, unescape

from django.utils.translation import gettext_noop as _
from lxml.html import tostring

from wordpress_import import block_comments, divi, shortcodes
from wordpress_import.fidelity import visible_text
from wordpress_import.markup import TAG, TextError, parse_html
from wordpress_import.names import NAMES

# The comments that Divi writes in place of the line ends in a module. WordPress may turn "--" into a dash.
LINE_HOLDER = re.compile(r"<![–-]{1,2}\s*\[et_pb_\w+_holder\]\s*[–-]{1,2}>")
# The most characters of all the reusable parts (blocks and layouts of Divi) that one item shows.
MAX_REUSED = 4_000_000
# Beginnings of the names of other blocks that are left out, such as "query-pagination".
DROPPED_BEGINNINGS = ("comment", "query", "post-comments", "woocommerce/")
# {shortcode that can have the number of a film in place of its address: beginning of the address}.
BY_ID = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
# The texts of the download button beside a file, in several languages.
DOWNLOAD = "download|descargar|télécharger|herunterladen|scarica|baixar|تنزيل|تحميل"
DOWNLOAD_BUTTON = re.compile(
    rf"<a\b[^>]*?wp-block-file__button[^>]*+>\s*(?:{DOWNLOAD})\s*</a>", re.IGNORECASE
)
# What styles and code have. A sentence can have a semicolon or a percentage, if more words follow.
STYLE = re.compile(r"[{}|=<>#]|\b\d+(px|em)\b|:[^:;]*+;|\);|;(?!\s)|%(?!\s[^\W\d_])")


@dataclass
class Notes:
    """What the report says about one item.

    `shortcodes`, `blocks`: {name: number} of the unknown ones. `dropped`: {name: number} of what is left out.
    `reasons`: why an editor has to look at the page. `missing`: missing files. `links`: links to pages of the
    old site that are not imported.
    """

    shortcodes: Counter = field(default_factory=Counter)
    blocks: Counter = field(default_factory=Counter)
    dropped: Counter = field(default_factory=Counter)
    reasons: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    links: list = field(default_factory=list)
    lost: list = field(default_factory=list)  # some of the lost words, which are not stored

    def flag(self, reason, value=None):
        """Add a reason why an editor has to look at the page, once. `value`: what "%s" in it stands for."""
        reason = reason if value is None else [reason, value]
        if reason not in self.reasons:
            self.reasons.append(reason)

    def leave_out_hidden(self):
        """Note that a part is left out because readers of the old site did not see it."""
        self.dropped["hidden part"] += 1
        self.flag(_("a part that WordPress hid from readers is left out"))


def is_sentence(name, text, style=STYLE):
    """Return whether `text`, that of the attribute `name` of an unknown block or shortcode, is for readers.

    It is if it has letters, looks like no address, style or code, and either `name` is one of the wordy
    attributes of names.toml, or it has four words. `style`: the pattern of styles and code.
    """
    if "://" in text[:10] or not re.search(r"[^\W\d_]{2}", text) or re.search(style, text):
        return False
    return name.rsplit("_", 1)[-1] in NAMES["wordy_attributes"] or len(text.split()) > 3


def html_of(name, value):
    """Return the HTML of `value`, that of an attribute as in is_sentence(); "" if it is not for readers."""
    html = value if TAG.search(value) else unescape(value)
    if not TAG.search(html):
        return f"<p>{escape(html, quote=False)}</p>" if is_sentence(name, html) else ""
    # A text with tags may have all characters, but braces are those of a style or script. It is serialised
    # again, so that a tag or comment that it leaves open doesn't reach beyond it.
    is_shown = is_sentence(name, visible_text(html), style="[{}]")
    return tostring(parse_html(html), encoding="unicode") if is_shown else ""


class Expander:
    """Expands one item.

    `export`: the Export, for reusable blocks, layouts and attachments. `item`: the Item. `notes`: its Notes.
    """

    def __init__(self, export, item, notes):
        self.export, self.item, self.notes = export, item, notes
        self.open = set()  # the reusable contents that are being expanded
        self.reused = 0  # their characters until now

    def expand(self, content):
        """Return (HTML, whether its line ends are line breaks, as in the classic editor)."""
        content = LINE_HOLDER.sub("\n", content)
        pieces = block_comments.parse(content)
        # Other comments, such as <!--more-->, are no blocks.
        has_blocks = any(isinstance(each, block_comments.Block) for each in pieces)
        html = "".join(map(self.piece, pieces))
        return self.shortcodes(html), not has_blocks

    def nested(self, key, content):
        """Return the HTML of the reusable item `key` with this `content`.

        `content` is None if the item is not in the export. Then the result is "", as it is for an item that
        contains itself or is nested too deep. Raises TextError for more than MAX_REUSED characters.
        """
        if content is None:
            self.notes.flag(_("a reusable part is not in the export"))
            return ""
        if key in self.open or len(self.open) > 20:
            return ""
        self.reused += len(content)
        if self.reused > MAX_REUSED:
            raise TextError("its reusable parts have more than 4 million characters together")
        self.open.add(key)
        html, has_breaks = self.expand(content)
        self.open.discard(key)
        return f"<div data-breaks>{html}</div>" if has_breaks else html

    # Blocks

    def piece(self, piece):
        """Return the HTML of `piece`, an HTML string or a Block."""
        return piece if isinstance(piece, str) else self.block(piece)

    def block(self, block):
        """Return the HTML of `block`, a Block."""
        name, attributes = block.name, block.attributes
        if block.is_hidden:
            self.notes.leave_out_hidden()
            return " "
        if name in NAMES["dropped_blocks"] or name.startswith(DROPPED_BEGINNINGS):
            self.notes.dropped[name] += 1
            return " "
        if name.startswith("divi/"):
            return divi.block(self, block)
        if name == "block":
            return self.nested(attributes.get("ref"), self.export.reusable.get(str(attributes.get("ref"))))
        if name == "footnotes":
            return self.footnotes()
        inner = "".join(map(self.piece, block.parts))
        if name not in NAMES["shown_blocks"] and not name.startswith("core-embed/"):
            self.notes.blocks[name] += 1
            if not inner.strip():
                inner = self.sentences(attributes)
        if name == "file":
            inner, count = DOWNLOAD_BUTTON.subn("", inner)
            self.notes.dropped.update({"download button": count} if count else ())
        if name in {"cover", "cover-image"}:
            inner = self.cover(attributes, inner)
        # The name of a plugin's block has a "/". Its words are kept apart from those around it.
        return f"<div>{inner}</div>" if "/" in name and not name.startswith("core-embed/") else inner

    def cover(self, attributes, inner):
        """Return the HTML of a cover block. Its picture may be in its attributes only. `inner`: its HTML."""
        url = attributes.get("url")
        if isinstance(url, str) and "<img" not in inner and attributes.get("backgroundType") != "video":
            return f'<figure><img src="{escape(url)}"></figure>{inner}'
        return inner

    def footnotes(self):
        """Return the footnotes of the item as a list in HTML."""
        notes = self.export.footnotes(self.item)
        return f"<ol>{''.join(f'<li>{note}</li>' for note in notes)}</ol>" if notes else ""

    def sentences(self, attributes, depth=0):
        """Return HTML with the words for readers in `attributes`, those of a block or shortcode."""
        found = []
        for name, value in attributes.items():
            if isinstance(value, dict) and depth < 10:
                found.append(self.sentences(value, depth + 1))
            elif isinstance(value, list) and depth < 10:
                # The number comes first, because is_sentence() looks at what follows the last "_".
                numbered = {f"{number}_{name}": each for number, each in enumerate(value)}
                found.append(self.sentences(numbered, depth + 1))
            elif isinstance(value, str):
                found.append(html_of(name.lower(), value))
        return "".join(found)

    # Shortcodes

    def shortcodes(self, text):
        """Return `text` with its shortcodes replaced by HTML."""
        return self.pieces(shortcodes.parse(text))

    def pieces(self, pieces):
        """Return the HTML of `pieces`, a list of strings and Shortcodes."""
        return "".join(each if isinstance(each, str) else self.shortcode(each) for each in pieces)

    def shortcode(self, code):
        """Return the HTML of `code`, a Shortcode."""
        name = code.name.lower()
        if name.startswith("et_pb_"):
            return divi.shortcode(self, code)
        known = getattr(self, f"_{name.replace('-', '_')}", None)  # a method below, such as _gallery
        if known:
            return known(code)
        if name in NAMES["media_shortcodes"]:
            return self._embed(code)
        if not code.is_likely:
            return code.raw  # A shortcode that is not closed has no children.
        self.notes.shortcodes[code.name] += 1
        return self.pieces(code.children) or self.sentences(code.attributes)

    # Each of these methods returns the HTML of a Shortcode with its name.

    def _caption(self, code):
        inner = self.pieces(code.children)
        picture = re.match(r"\s*(?:<a\b[^>]*+>\s*)?<img\b[^>]*+>(?:\s*</a>)?", inner)
        caption = inner[picture.end() :] if picture else inner
        caption = code.attributes.get("caption") or caption
        picture = picture[0] if picture else ""
        return f'<figure class="wp-caption">{picture}<figcaption>{caption}</figcaption></figure>'

    _wp_caption = _caption

    def _gallery(self, code):
        ids = re.findall(r"\d+", code.attributes.get("ids") or code.attributes.get("include") or "")
        return self.gallery(ids or self.export.children.get(self.item.id, ()))

    def gallery(self, ids):
        """Return the HTML of a gallery of the attachments `ids`."""
        figures = []
        for key in ids:
            attachment = self.export.attachments.get(key)
            if attachment is None:
                self.notes.flag(_("a gallery shows picture %s, which is not in the export"), key)
                continue
            figures.append(
                f'<figure><img src="{escape(attachment.url)}" class="wp-image-{key}">'
                f"<figcaption>{attachment.caption}</figcaption></figure>"
            )
        return f'<figure class="wp-block-gallery">{"".join(figures)}</figure>'

    def _audio(self, code, kind="audio"):
        names = ["src", "mp3", "m4a", "ogg", "wav", "mp4", "webm", "ogv", "m4v", "flv"]
        values = [code.attributes[name] for name in names if name in code.attributes] or code.arguments
        inner = self.pieces(code.children)
        # With the address as its title, the report says that the title is missing.
        films = [f'<{kind} src="{escape(url)}" title="{escape(url)}"></{kind}>' for url in values[:1]]
        return "".join(films) + inner

    def _video(self, code):
        return self._audio(code, "video")

    def _playlist(self, code):
        ids = re.findall(r"\d+", code.attributes.get("ids", ""))
        found = [self.export.attachments.get(key) for key in ids]
        return "".join(
            f'<audio src="{escape(each.url)}" title="{escape(each.title)}"></audio>' for each in found if each
        )

    def _embed(self, code):
        values = [*code.arguments, *code.attributes.values()]
        url = next((each for each in values if "://" in each), "") or self.pieces(code.children).strip()
        if code.name in BY_ID and values and re.fullmatch(r"[\w-]+", values[0]):
            url = BY_ID[code.name] + values[0]
        if "://" not in url:
            self.notes.shortcodes[code.name] += 1
            return ""
        return f'<figure class="wp-block-embed">{escape(url, quote=False)}</figure>'
