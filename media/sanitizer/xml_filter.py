"""Copies XML through an allow-list of elements and attributes, without keeping the document in memory.

expat reads it. It expands no entities here, since a document type is refused, and opens no addresses.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from media.sanitizer.reasons import Reason, Refused

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
WORD_2010 = "http://schemas.microsoft.com/office/word/2010"
# The prefixes of what is written. Elements and attributes of other namespaces have none, and are left out.
PREFIXES = {
    W: "w",
    X: "x",
    f"{DRAWING}/main": "a",
    f"{DRAWING}/picture": "pic",
    f"{DRAWING}/wordprocessingDrawing": "wp",
    f"{DRAWING}/spreadsheetDrawing": "xdr",
    f"{WORD_2010}/wordprocessingShape": "wps",
    f"{WORD_2010}/wordprocessingGroup": "wpg",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "urn:schemas-microsoft-com:vml": "v",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
ADDRESSES = {prefix: address for address, prefix in PREFIXES.items()}
# Elements that may lose their relationship: what they lead to isn't seen in the document.
LINKS = {"w:hyperlink", "a:hlinkClick", "x:hyperlink"}
MOST_DEPTH = 200
BLOCK = 65536
PATH_OR_FILE = re.compile(
    r"\.(jpe?g|png|heic|gif|tiff?|webp|svg|emf|wmf|pdf|docx?|xlsx?)\s*$|\b\w:\\|\\\\|file:|://|(^|\s)(/[^/\s]+){2,}",
    re.IGNORECASE,
)


@dataclass
class Rules:
    """What may stay in one kind of part.

    `elements`: their names. `attributes`: the names that each prefix's elements may have, with the pattern
    of their values. `exact`: the same for (element, attribute), which comes first. `fixed`: what an
    attribute is set to. `unwrapped`: elements of which only the content stays. `skipped`: elements that go
    with all words in them. `refused`: {element: Reason}. `texts`: the elements whose text stays.
    `visible`: the elements whose text readers see, which may go nowhere but into the result.
    """

    root: str
    elements: frozenset
    attributes: dict
    exact: dict = field(default_factory=dict)
    fixed: dict = field(default_factory=dict)
    unwrapped: frozenset = frozenset()
    skipped: frozenset = frozenset()
    refused: dict = field(default_factory=dict)
    texts: frozenset = frozenset()
    visible: frozenset = frozenset()


class Filter:
    """Filters one part. Subclasses do what a format asks for besides its Rules."""

    def __init__(self, rules, relations):
        self.rules, self.relations = rules, relations
        self.out, self.open, self.dropped = [], [], 0
        self.prefixes, self.choices = {}, []
        # Old ids of the relationships that the result uses.
        self.used = {}

    def run(self, file):
        """Return the filtered XML of the open `file` as bytes. Raises Refused, and errors of expat."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = refuse_doctype
        parser.StartNamespaceDeclHandler = self.note_prefix
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        while block := file.read(BLOCK):
            parser.Parse(block)
        parser.Parse(b"", True)
        self.check_end()
        return "".join(self.out).encode()

    def check_end(self):
        """Raise an error when the part isn't complete."""

    def note_prefix(self, prefix, address):
        self.prefixes[prefix] = PREFIXES.get(address)

    def start(self, name, attributes):
        name = short(name)
        if len(self.open) > MOST_DEPTH:
            raise Refused(Reason.TOO_MUCH)
        if not self.open and name != self.rules.root:
            raise ValueError("another kind of part")
        # What an alternative for older programs holds stands elsewhere as well.
        if name in self.rules.refused and "skip" not in self.open:
            raise Refused(self.rules.refused[name])
        if self.dropped:
            self.dropped += 1
            self.open.append("skip" if self.open[-1] == "skip" else name)
            return
        self.open.append(self.decide(name, attributes))

    def decide(self, name, attributes):
        """Write the start of an element. Return what its end is to be, "" for none, or what is dropped."""
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
            return name or "?"
        kept = self.kept_attributes(name, attributes)
        head = "<" + name + "".join([f" {key}={quoteattr(value)}" for key, value in kept.items()])
        if len(self.open) == 0:
            used = sorted(prefix for prefix in ADDRESSES if prefix not in {"xml", "mc", "rel"})
            head += "".join(f' xmlns:{prefix}="{ADDRESSES[prefix]}"' for prefix in used)
        self.out.append(head + ">")
        return "/" + name

    def choose(self, name, attributes):
        """Take the first alternative whose namespaces are known, else the one for older programs."""
        known = all(self.prefixes.get(prefix) for prefix in attributes.get("Requires", "").split())
        if self.choices and not self.choices[-1] and (name == "mc:Fallback" or known):
            self.choices[-1] = True
            return ""
        self.dropped = 1
        return "skip"

    def kept_attributes(self, name, attributes):
        """Return the attributes of an element that stay, with the values that they get."""
        written = {short(key) if " " in key else key: value for key, value in attributes.items()}
        kept = {key: self.kept_value(name, key, value) for key, value in written.items()}
        return {key: value for key, value in kept.items() if value is not None}

    def kept_value(self, name, key, value):
        rules = self.rules
        if key.startswith("r:"):
            return self.relation(name, value) if (name, key) in rules.exact else None
        if (name, key) in rules.fixed:
            return rules.fixed[name, key]
        fits = rules.exact.get((name, key)) or rules.attributes[name.partition(":")[0]].get(key)
        return value if fits and fits(value) else None

    def relation(self, name, value):
        """Return the new id of the relationship `value`, or None when what it leads to doesn't stay."""
        if value not in self.relations:
            if name in LINKS:
                return None
            raise Refused(Reason.CANNOT_CLEAN)
        return self.used.setdefault(value, f"rId{100 + len(self.used)}")

    def end(self, name):
        state = self.open.pop()
        if self.dropped:
            self.dropped -= 1
        elif state == "mc:AlternateContent":
            self.choices.pop()
        elif state:
            self.out.append(f"<{state}>")

    def text(self, data):
        state = self.open[-1]
        if state.startswith("/"):
            if state[1:] in self.rules.texts:
                self.out.append(escape(data))
        elif state in self.rules.visible and data.strip():
            raise Refused(Reason.CANNOT_CLEAN)


@lru_cache(maxsize=4096)
def short(name):
    """Return the name that expat gives with the prefix that is used here, "" for another namespace."""
    address, _space, local = name.rpartition(" ")
    prefix = PREFIXES.get(address)
    return f"{prefix}:{local}" if prefix else ""


def refuse_doctype(*_declaration):
    raise Refused(Reason.CANNOT_CLEAN)


# --- Patterns of values ---------------------------------------------------------------------------


def matching(pattern):
    return re.compile(pattern).fullmatch


token = matching(r"[\w.#%+ -]{0,80}")


def words(value):
    """Whether `value` is neither a path nor the name of a file nor an address."""
    return not PATH_OR_FILE.search(value)


def anything(_value):
    return True


def names(prefix, text):
    """Return the qualified names of `text` for `prefix`."""
    return frozenset(f"{prefix}:{name}" for name in text.split())


def tokens(text, prefix=""):
    """Return {attribute: token} for the names in `text`."""
    return {prefix + name: token for name in text.split()}
