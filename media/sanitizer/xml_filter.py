"""Copies XML through an allow-list of elements and attributes, without a tree of the document in memory.

The parser is expat. Entities are never expanded, because a document type is refused, and no address is
opened. Elements and attributes are written here as prefix and name ("w:p"), with the prefixes of PREFIXES.
"""

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from xml.parsers import expat

from media.sanitizer.reasons import Reason, Refused

WORD_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING_NAMESPACE = "http://schemas.openxmlformats.org/drawingml/2006"
WORD_2010_NAMESPACE = "http://schemas.microsoft.com/office/word/2010"
# A parser would replace these characters by spaces in an attribute.
WHITESPACE = str.maketrans({"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
# {namespace: prefix in the result}. Elements and attributes of other namespaces are left out.
PREFIXES = {
    WORD_NAMESPACE: "w",
    SHEET_NAMESPACE: "x",
    f"{DRAWING_NAMESPACE}/main": "a",
    f"{DRAWING_NAMESPACE}/picture": "pic",
    f"{DRAWING_NAMESPACE}/wordprocessingDrawing": "wp",
    f"{DRAWING_NAMESPACE}/spreadsheetDrawing": "xdr",
    f"{WORD_2010_NAMESPACE}/wordprocessingShape": "wps",
    f"{WORD_2010_NAMESPACE}/wordprocessingGroup": "wpg",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "urn:schemas-microsoft-com:vml": "v",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
NAMESPACES = {prefix: address for address, prefix in PREFIXES.items()}
# Elements with a hyperlink. They may lose it, because readers see the text all the same.
LINKS = {"w:hyperlink", "a:hlinkClick", "x:hyperlink"}
# The greatest number of levels of nested elements. A file with more is made to exhaust the memory of programs
# that read it.
MAX_DEPTH = 200
# Bytes that are read at a time.
BLOCK_SIZE = 65536


@dataclass
class Rules:
    """What may stay in one kind of XML part. All other elements and attributes are left out.

    `root`: the root element. `elements`: elements that may stay. `attributes`: {prefix: {attribute: test}},
    for all elements with the prefix; a test takes the value and returns whether it may stay. `exact`:
    {(element, attribute): test}, which takes precedence. `fixed`: {(element, attribute): value that replaces
    the value}. `unwrapped`: elements that are replaced by their content. `skipped`: elements that are left
    out with their content, whatever it is. `refused`: {element: Reason to refuse the file}. `texts`:
    elements whose text stays. `visible`: elements whose text readers see; a file is refused if such text
    would be left out.
    """

    root: str
    elements: frozenset
    attributes: dict
    exact: dict
    fixed: dict
    skipped: frozenset
    refused: dict
    texts: frozenset
    visible: frozenset
    unwrapped: frozenset = frozenset()


class Filter:
    """Filters one XML part by its Rules. Subclasses add what is special to a format.

    `relations`: {id: Relation} of the part (media/sanitizer/office.py).
    """

    def __init__(self, rules, relations):
        self.rules, self.relations = rules, relations
        # Pieces of the result.
        self.output = []
        # For each open element: "/name" if it is written; "" if only its content is; its name if it is left
        # out, or if it is mc:AlternateContent; "skip" if its visible text may be left out too. Subclasses add
        # further states.
        self.open = []
        # How many of the open elements are left out.
        self.dropped = 0
        # {prefix in the file: prefix in the result, or None}.
        self.prefixes = {}
        # For each open mc:AlternateContent: whether an alternative has been taken.
        self.choices = []
        # {old id: new id} of the relationships that the result uses.
        self.used = {}

    def run(self, file):
        """Return the filtered XML of the open file `file` as bytes.

        Raises Refused, ValueError, and the errors of expat for a broken file.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = refuse_doctype
        parser.StartNamespaceDeclHandler = self.note_prefix
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        while block := file.read(BLOCK_SIZE):
            parser.Parse(block)
        parser.Parse(b"", True)
        self.check_end()
        return "".join(self.output).encode()

    def check_end(self):
        """Raise an error when the part isn't complete."""

    def note_prefix(self, prefix, address):
        self.prefixes[prefix] = PREFIXES.get(address)

    def start(self, name, attributes):
        name = prefixed_name(name)
        if len(self.open) > MAX_DEPTH:
            raise Refused(Reason.TOO_MUCH)
        if not self.open and name != self.rules.root:
            raise ValueError("another kind of part")
        # Content for older programs, which is skipped, is also elsewhere in the file.
        if name in self.rules.refused and "skip" not in self.open:
            raise Refused(self.rules.refused[name])
        if self.dropped:
            self.dropped += 1
            self.open.append("skip" if self.open[-1] == "skip" else name)
            return
        self.open.append(self.write_start(name, attributes))

    def write_start(self, name, attributes):
        """Write the start of an element, or leave it out. Return its state for `open`."""
        rules = self.rules
        if name == "mc:AlternateContent":
            self.choices.append(False)
            return "mc:AlternateContent"
        if name in {"mc:Choice", "mc:Fallback"}:
            return self.choose(name, attributes)
        if name in rules.unwrapped:
            return ""
        if name in rules.skipped:
            self.dropped = 1
            return "skip"
        if name not in rules.elements:
            self.dropped = 1
            return name or "?"  # an element of an unknown namespace has no name
        # A picture without r:embed is a linked one: it would be loaded when the document is opened. expat
        # joins the namespace and the name of an attribute with a space.
        if name == "a:blip" and not any(key.endswith(" embed") for key in attributes):
            raise Refused(Reason.LINKED)
        allowed = self.filter_attributes(name, attributes)
        head = "<" + name + "".join([f" {key}={quote(value)}" for key, value in allowed.items()])
        if len(self.open) == 0:
            # All that can be in the result. `r` is for attributes, as is `xml`, which needs no declaration.
            declared = sorted({*rules.attributes, "r"})
            head += "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in declared)
        self.output.append(head + ">")
        return "/" + name

    def choose(self, name, attributes):
        """Take the first alternative whose namespaces are in PREFIXES, else the one for older programs."""
        known = all(self.prefixes.get(prefix) for prefix in attributes.get("Requires", "").split())
        if self.choices and not self.choices[-1] and (name == "mc:Fallback" or known):
            self.choices[-1] = True
            return ""
        self.dropped = 1
        return "skip"

    def filter_attributes(self, name, attributes):
        """Return {attribute: value in the result} of the attributes of an element that may stay."""
        prefixed = {prefixed_name(key) if " " in key else key: value for key, value in attributes.items()}
        filtered = {key: self.filter_value(name, key, value) for key, value in prefixed.items()}
        return {key: value for key, value in filtered.items() if value is not None}

    def filter_value(self, name, key, value):
        """Return the value of the attribute `key` in the result, or None to leave the attribute out."""
        rules = self.rules
        if key.startswith("r:"):
            return self.new_relation_id(name, value) if (name, key) in rules.exact else None
        if (name, key) in rules.fixed:
            return rules.fixed[name, key]
        test = rules.exact.get((name, key)) or rules.attributes[name.partition(":")[0]].get(key)
        return value if test and test(value) else None

    def new_relation_id(self, name, value):
        """Return the new id of the relationship with the id `value`, or None to leave the attribute out.

        Raises Refused if the relationship is missing, and readers would see that.
        """
        if value not in self.relations:
            if name in LINKS:
                return None
            raise Refused(Reason.CANNOT_CLEAN)
        # The target of a hyperlink stays outside of the file. A picture with such a target would be loaded.
        if (self.relations[value].type == "hyperlink") != (name in LINKS):
            raise Refused(Reason.CANNOT_CLEAN)
        # From 100 on, because office.py numbers the relationships that no attribute names from 1 on.
        return self.used.setdefault(value, f"rId{100 + len(self.used)}")

    def end(self, name):
        state = self.open.pop()
        if self.dropped:
            self.dropped -= 1
        elif state == "mc:AlternateContent":
            self.choices.pop()
        elif state:
            self.output.append(f"<{state}>")

    def text(self, data):
        state = self.open[-1]
        if state.startswith("/"):
            if state[1:] in self.rules.texts:
                self.output.append(html.escape(data, quote=False))
        elif state in self.rules.visible and data.strip():
            raise Refused(Reason.CANNOT_CLEAN)


@lru_cache(maxsize=4096)
def prefixed_name(name):
    """Return the "prefix:name" of expat's "namespace name", or "" for a namespace that is not in PREFIXES."""
    namespace, _space, local = name.rpartition(" ")
    prefix = PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else ""


def quote(value):
    """Return `value` as an XML attribute, in double quotes.

    xml.sax.saxutils.quoteattr() does so too. To load that module takes longer than to clean a document.
    """
    return f'"{html.escape(value).translate(WHITESPACE)}"'


def refuse_doctype(*_declaration):
    raise Refused(Reason.CANNOT_CLEAN)


# --- Tests for values -----------------------------------------------------------------------------


def full_match(pattern):
    """Return a test that is true for values that `pattern` matches completely."""
    return re.compile(pattern).fullmatch


# The test for most attributes: numbers, keywords, references to cells and the like.
token = full_match(r"[\w.#%+ -]{0,80}")


def any_value(_value):
    return True


def qualified_names(prefix, text):
    """Return {"prefix:name", ...} of the names in `text`, which spaces divide."""
    return frozenset(f"{prefix}:{name}" for name in text.split())


def token_attributes(text, prefix=""):
    """Return {attribute: token}, a value of Rules.attributes, of the names in `text`, which spaces divide."""
    return {prefix + name: token for name in text.split()}
