"""Keeps of a PDF what pdf_schema.py lists. pikepdf, that is qpdf, reads and writes the file."""

import io
from collections import deque

import pikepdf
from pikepdf import Array, Dictionary, Stream, String

from media.sanitizer import limits, pdf_content, pdf_streams, pdf_values
from media.sanitizer.pdf_schema import ARRAYS, DICTIONARIES, STREAMS, alternatives, parsed
from media.sanitizer.reasons import Reason, Refused

pikepdf.settings.set_qpdf_limits(flate_max_memory=limits.STREAM, doc_max_warnings=1000)

RULES = parsed(DICTIONARIES | STREAMS)
ARRAY_RULES = {kind: alternatives(values) for kind, values in ARRAYS.items()}
MOST_PAGES = 3000


def clean_pdf(data):
    """Return the PDF `data` written anew, so also without its earlier versions and unused objects.

    Raises Refused when it is locked, signed, a form, has notes on its pages or a picture that can't be
    cleaned; and errors of pikepdf when it is broken.
    """
    try:
        # No recovery: half of a document, put together by guessing, is worse than a clear no.
        pdf = pikepdf.open(io.BytesIO(data), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise Refused(Reason.LOCKED) from None
    with pdf:
        if pdf.is_encrypted:
            raise Refused(Reason.LOCKED)
        check_forms(pdf)
        Cleaner(pdf).clean()
        output = io.BytesIO()
        pdf.save(
            output,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
        return output.getvalue()


def check_forms(pdf):
    """Raise Refused when readers can fill `pdf` in or it is signed. It would lose both."""
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and (form.get("/Fields") or "/XFA" in form):
        raise Refused(Reason.FORM)
    if "/Collection" in pdf.Root:
        raise Refused(Reason.CANNOT_CLEAN)


class Cleaner:
    """Walks a PDF from its catalog and takes out of each object what its kind doesn't have."""

    def __init__(self, pdf):
        self.pdf = pdf
        self.waiting = deque()
        # (object, kind) that was met: objects may have loops.
        self.met = set()
        self.known = set()
        self.pages = set()

    def clean(self):
        for key in list(self.pdf.trailer.keys()):
            if key not in {"/Root", "/Size"}:
                del self.pdf.trailer[key]
        root = self.pdf.Root
        self.flatten_pages()
        self.pages = {page.objgen for page in root.Pages.Kids}
        # Pages before the catalog, and the tree of structure before what refers to it: a reference to a
        # page or an element stays only when that is part of the document.
        self.known |= {root.Pages.objgen}
        self.walk(root.Pages, "pages")
        tree = root.get("/StructTreeRoot")
        if isinstance(tree, Dictionary):
            self.known.add(tree.objgen)
            self.walk(tree.get("/K"), "element|*element")
        self.walk(root, "catalog")

    def flatten_pages(self):
        """Put all pages into one list, each with what it inherited from the nodes above it."""
        pages = self.pdf.pages
        if not 0 < len(pages) <= MOST_PAGES:
            raise Refused(Reason.TOO_MUCH if len(pages) else Reason.BROKEN)
        # qpdf does so before it changes the list.
        pages.append(pages[0])
        del pages[-1]
        self.pdf.remove_unreferenced_resources()

    def walk(self, value, kinds):
        """Clean `value`, one of `kinds`, and all that it refers to."""
        waiting, self.waiting = self.waiting, deque()
        self.fit(value, alternatives(kinds))
        while self.waiting:
            each, sign, kinds = self.waiting.popleft()
            CONTAINERS[sign](self, each, kinds)
        self.waiting = waiting

    def clean_written(self, data, kind):
        """Return the dictionary that a content stream has written as `data`, clean."""
        dictionary = pikepdf.Object.parse(data)
        self.walk(dictionary, kind)
        return dictionary.unparse()

    def fit(self, value, rule):
        """Return what may stand in the place of `value`, None for nothing. What is in it waits."""
        for sign, kinds in rule:
            if sign:
                if isinstance(value, Dictionary if sign == "{" else Array):
                    self.waiting.append((value, sign, kinds))
                    return value
                continue
            kind = kinds[0]
            if kind in pdf_values.SCALARS:
                if (found := pdf_values.SCALARS[kind](self, value)) is not None:
                    return found
            elif kind in ARRAY_RULES:
                if isinstance(value, Array):
                    return self.fit(value, ARRAY_RULES[kind])
            elif isinstance(value, Stream if kind in STREAMS else Dictionary):
                return self.fit_object(value, kind)
        return None

    def fit_object(self, value, kind):
        if not self.is_of_kind(value, kind):
            return None
        if value.is_indirect:
            self.known.add(value.objgen)
            if (value.objgen, kind) in self.met:
                return value
            self.met.add((value.objgen, kind))
        self.waiting.append((value, "", kind))
        return value

    def is_of_kind(self, value, kind):
        """Whether `value` is what the key that leads to it asks for. Raises Refused for notes on a page."""
        if kind == "page":
            return value.objgen in self.pages
        if kind == "link":
            return is_link(value)
        if kind == "action":
            return pdf_values.is_safe_action(value)
        if kind in {"form", "image"}:
            return value.get("/Subtype") == f"/{kind.title()}"
        if kind == "element":
            return "/S" in value
        return kind != "content" or "/Obj" not in value or pdf_values.known(self, value["/Obj"]) is not None

    # --- What waits ------------------------------------------------------------------------------

    def clean_object(self, value, kind):
        rules = RULES[kind]
        if kind in STREAMS:
            pdf_streams.clean(value, kind, self)
        elif kind == "page":
            self.clean_page(value)
        for key in list(value.keys()):
            if kind in STREAMS and key in {"/Length", "/Filter", "/DecodeParms"}:
                continue
            old = value[key]
            new = self.fit(old, rules[key]) if key in rules else None
            if new is None:
                del value[key]
            elif new is not old:
                value[key] = new

    def clean_page(self, page):
        """Replace the content of `page` by one clean stream."""
        content = page.get("/Contents")
        if content is None:
            return
        parts = content if isinstance(content, Array) else [content]
        data = b"\n".join(pdf_streams.unpacked(part) for part in parts if isinstance(part, Stream))
        page.Contents = self.pdf.make_stream(pdf_content.clean_content(data, self.clean_written))
        self.known.add(page.Contents.objgen)

    def clean_map(self, value, kinds):
        rule = tuple(("", (kind,)) for kind in kinds)
        for key in list(value.keys()):
            old = value[key]
            new = self.fit(old, rule)
            if new is None:
                del value[key]
            elif new is not old:
                value[key] = new

    def clean_array(self, value, kinds, filler=()):
        rule = tuple(("", (kind,)) for kind in kinds)
        old = list(value)
        new = []
        for item in old:
            found = self.fit(item, rule)
            new += [found] if found is not None else filler
        if len(new) != len(old) or any(one is not other for one, other in zip(new, old, strict=True)):
            replace_items(value, new)

    def clean_positions(self, value, kinds):
        self.clean_array(value, kinds, filler=[None])

    def clean_pairs(self, value, kinds):
        rule = tuple(("", (kind,)) for kind in kinds)
        new, items = [], list(value)
        for key, item in zip(items[::2], items[1::2], strict=False):
            found = self.fit(item, rule)
            if found is not None and isinstance(key, (String, int)):
                new += [key, found]
        replace_items(value, new)


def replace_items(array, items):
    while len(array):
        del array[len(array) - 1]
    array.extend(items)


CONTAINERS = {
    "": Cleaner.clean_object,
    "*": Cleaner.clean_array,
    "#": Cleaner.clean_positions,
    "&": Cleaner.clean_pairs,
    "{": Cleaner.clean_map,
}


def is_link(annotation):
    """Whether `annotation` is a link; a pop-up belongs to a note and goes. Raises Refused for others."""
    subtype = annotation.get("/Subtype")
    if subtype not in {"/Link", "/Popup"}:
        raise Refused(Reason.FORM if subtype == "/Widget" else Reason.MARKS)
    return subtype == "/Link"
