"""Reads WordPress exports (WXR, an extension of RSS) item by item, so that large files take little memory.

Comments are only counted. Of users, only id, login, e-mail address and display name are read.
"""

from dataclasses import dataclass, field

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from wordpress_import.names import NAMES, TABLES
from wordpress_import.sources import ExportError

# The longest field, in characters. An item with a longer one fails, and the field is not kept in memory.
MAX_TEXT = 8 * 1024 * 1024
# The longest tag, in bytes. The parser keeps a tag in memory until it ends.
MAX_TAG = 16 * 1024 * 1024
# The greatest number of tags within each other. A real export has 6.
MAX_DEPTH = 1000


@dataclass
class Item:
    """An <item> of an export. Text fields are as in the file, and "" if they are missing.

    White space around them is removed, except that of `content`. `file`, `line`: where it begins. `base_url`:
    the address of the site. `too_long`: whether a field was longer than MAX_TEXT.
    """

    file: str = ""
    line: int = 0
    base_url: str = ""
    title: str = ""
    link: str = ""
    creator: str = ""
    content: str = ""
    excerpt: str = ""
    id: str = ""
    date: str = ""
    date_gmt: str = ""
    slug: str = ""
    status: str = ""
    parent: str = ""
    type: str = ""
    attachment_url: str = ""
    has_password: bool = False
    terms: list = field(default_factory=list)  # (domain, nicename, name): WordPress's words for kind and slug
    meta: dict = field(default_factory=dict)
    comments: int = 0
    too_long: bool = False


@dataclass
class WPAuthor:
    """A user of the old site."""

    id: str = ""
    login: str = ""
    email: str = ""
    name: str = ""


def short_name(tag):
    """Return the name of an element as exports write it: "wp:post_id" for "{http://…/export/1.2/}post_id"."""
    if not tag.startswith("{"):
        return tag
    uri, _brace, name = tag[1:].partition("}")
    if "/excerpt" in uri:
        return f"excerpt:{name}"
    if "wordpress.org/export" in uri:
        return f"wp:{name}"
    prefix = {"http://purl.org/rss/1.0/modules/content/": "content", "http://purl.org/dc/elements/1.1/": "dc"}
    return f"{prefix.get(uri, '?')}:{name}"


class Target:
    """The target of the XML parser, which calls its methods. Finished Items and WPAuthors are in `done`.

    `label`: the name of the file. `path`: the names of the open tags. `is_wxr`: whether a tag of WordPress
    was found.
    """

    def __init__(self, label):
        self.label = label
        self.parser = None
        self.path = []
        self.done = []
        self.text, self.length = [], 0
        self.item = self.author = self.term = self.meta_key = None
        self.base_url, self.is_wxr = "", False

    def start(self, tag, attributes):
        """Handle the start of an element."""
        name = short_name(tag)
        if not self.path and name != "rss":
            raise ExportError(f"{self.label}: this is no export of WordPress (its first tag is <{name}>).")
        if len(self.path) == MAX_DEPTH:
            line = self.parser.parser.CurrentLineNumber
            raise ExportError(f"{self.label}, line {line}: more than {MAX_DEPTH} tags are nested.")
        self.path.append(name)
        self.is_wxr |= name.startswith("wp:")
        self.text, self.length = [], 0
        # The path of an item is rss, channel, item.
        if len(self.path) == 3 and name == "item":
            line = self.parser.parser.CurrentLineNumber
            self.item = Item(file=self.label, line=line, base_url=self.base_url)
        elif len(self.path) == 3 and name == "wp:author":
            self.author = WPAuthor()
        elif name == "category":
            self.term = (attributes.get("domain", ""), attributes.get("nicename", ""))

    def data(self, text):
        """Handle text. Beyond MAX_TEXT it is not kept."""
        self.length += len(text)
        if self.length <= MAX_TEXT:
            self.text.append(text)
        elif self.item:
            self.item.too_long = True
            self.text = []

    def end(self, tag):
        """Handle the end of an element."""
        name, depth = self.path.pop(), len(self.path)  # `depth`: how many tags are around the element
        text, self.text, self.length = "".join(self.text), [], 0
        if self.item:
            self.end_in_item(name, depth, text)
        elif self.author:
            if depth == 3 and name in TABLES["author_fields"]:
                setattr(self.author, TABLES["author_fields"][name], text.strip())
            elif depth == 2:
                self.done.append(self.author)
                self.author = None
        # The <link> of the channel is the address of the site too.
        elif depth == 2 and (name == "wp:base_blog_url" or (name == "link" and not self.base_url)):
            self.base_url = text.strip()

    def end_in_item(self, name, depth, text):
        """Handle the end of the element `name` in an <item>. `text`: its text."""
        item, within = self.item, self.path[3:]
        if depth == 2:
            self.done.append(item)
            self.item = None
        elif depth == 3 and name == "category" and text.strip():
            item.terms.append((*self.term, text.strip()))
        elif depth == 3 and name == "wp:comment":
            item.comments += 1
        elif depth == 3 and name in TABLES["item_fields"]:
            attribute, value = TABLES["item_fields"][name], text.strip()
            if attribute == "content":
                value = text  # Line ends can be line breaks.
            # Of a password, only that there is one.
            setattr(item, attribute, bool(value) if attribute == "has_password" else value)
        elif within == ["wp:postmeta"] and name == "wp:meta_key":
            self.meta_key = text.strip()
        elif within == ["wp:postmeta"] and name == "wp:meta_value" and self.meta_key in NAMES["read_meta"]:
            item.meta.setdefault(self.meta_key, text.strip())


def read(source):
    """Yield the Items and WPAuthors of `source`, in the order of the file.

    Raises ExportError if the file is not well-formed, with line and column, or if it is not an export.
    """
    target = Target(source.label)
    # Without a DTD there are no entities: no entity expansion attacks, and no external files.
    parser = target.parser = XMLParser(target=target, forbid_dtd=True)
    expat, fed = parser.parser, 0
    try:
        for chunk in source.chunks():
            parser.feed(chunk)
            fed += len(chunk)
            yield from take(target)
            # CurrentByteIndex stays at the beginning of a tag until the parser has all of it.
            if fed - expat.CurrentByteIndex > MAX_TAG:
                raise ParseError("a tag is longer than 16 MB")
        parser.close()
    except DefusedXmlException:
        problem = "it has a document type (DTD), which exports never have and which can do harm"
        raise refusal(source, problem, expat) from None
    except (ParseError, ValueError, LookupError) as error:
        raise refusal(source, str(error).partition(": line")[0], expat) from None
    yield from take(target)
    if not target.is_wxr:
        raise ExportError(f"{source.label}: this is a feed, and no export of WordPress.")


def take(target):
    """Return what is in `done` of `target`, and empty it."""
    done, target.done = target.done, []
    return done


def refusal(source, problem, expat):
    """Return the ExportError for a file that can't be parsed."""
    line, column = expat.ErrorLineNumber, expat.ErrorColumnNumber + 1
    return ExportError(
        f"{source.label}, line {line}, column {column}: {problem}. Nothing of this file is imported. "
        "Make the export again; if it is cut off, export one year or one type at a time."
    )
