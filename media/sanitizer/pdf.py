"""Cleans PDF files: removes everything that the allow-list in pdf_schema.py doesn't have.

The library pikepdf (qpdf) reads and writes the file.
"""

import io
from collections import deque
from functools import partial

import pikepdf
from pikepdf import Array, Dictionary, Stream, String

from media.sanitizer import limits, pdf_content, pdf_streams, pdf_values
from media.sanitizer.pdf_schema import ARRAYS, DICTIONARIES, STREAMS, parse_alternatives, parse_rules
from media.sanitizer.reasons import Reason, Refused

# A file with more warnings than this is broken, and not worth the time.
pikepdf.settings.set_qpdf_limits(flate_max_memory=limits.STREAM, doc_max_warnings=1000)

# {kind: {key: alternatives}} and {kind of array: alternatives}, as in pdf_schema.py.
RULES = {kind: parse_rules(rules) for kind, rules in (DICTIONARIES | STREAMS).items()}
ARRAY_RULES = {kind: parse_alternatives(values) for kind, values in ARRAYS.items()}
# The greatest number of pages of a document.
MAX_PAGES = 3000


def clean_pdf(data):
    """Return the PDF `data` (bytes) cleaned and written again, without earlier versions and unused objects.

    Raises Refused if it has a password, is signed, is a form, or has annotations or a picture that can't be
    cleaned. Raises errors of pikepdf if it is broken.
    """
    try:
        # No recovery: an error is better than a document of which parts are missing.
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
            deterministic_id=True,  # The ID is made of the content, and not of the time.
        )
        return output.getvalue()


def check_forms(pdf):
    """Raise Refused if `pdf` is a form, is signed, or is a portfolio: a file that consists of other files.

    Cleaning would remove the fields, the signature or the files, which the document is about.
    """
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and (form.get("/Fields") or "/XFA" in form):
        raise Refused(Reason.FORM)
    if "/Collection" in pdf.Root:
        raise Refused(Reason.CANNOT_CLEAN)


class Cleaner:
    """Walks the objects of a PDF from its catalog, and removes from each what the rules of its kind lack."""

    def __init__(self, pdf):
        self.pdf = pdf
        # (object, sign, kind or rule) of the objects that are allowed, and are still to be cleaned: without a
        # sign its kind, and otherwise the rule for its items. Signs and kinds: pdf_schema.py.
        self.queue = deque()
        # (object number, kind) of the objects that were put into the queue. References can form loops.
        self.visited = set()
        # Object numbers of the objects that are part of the new file.
        self.reached = set()
        # Object numbers of the pages.
        self.pages = set()

    def clean(self):
        # Entries such as /Info, with author and dates, are removed.
        for key in list(self.pdf.trailer.keys()):
            if key not in {"/Root", "/Size"}:
                del self.pdf.trailer[key]
        root = self.pdf.Root
        self.flatten_pages()
        # Before the walk, which then doesn't reach the pictures, fonts and forms that no page draws: they are
        # neither kept nor a reason to refuse the file. qpdf reads the content to find what is drawn.
        self.pdf.remove_unreferenced_resources()
        self.pages = {page.objgen for page in root.Pages.Kids}
        # Pages come before the catalog, and the structure tree before objects that refer to its elements:
        # such references stay only if their targets have been reached.
        self.reached.add(root.Pages.objgen)
        self.walk(root.Pages, "pages")
        tree = root.get("/StructTreeRoot")
        if isinstance(tree, Dictionary):
            self.reached.add(tree.objgen)
            self.walk(tree.get("/K"), "element|*element")
        self.walk(root, "catalog")

    def flatten_pages(self):
        """Put all pages into one list, each with the attributes that it inherits from its parent nodes."""
        pages = self.pdf.pages
        if not 0 < len(pages) <= MAX_PAGES:
            raise Refused(Reason.TOO_MUCH if len(pages) else Reason.BROKEN)
        # Before it changes the list of pages, qpdf flattens their tree.
        pages.append(pages[0])
        del pages[-1]

    def walk(self, value, kinds):
        """Clean `value`, for which `kinds` are the alternatives as text, and all that it refers to."""
        # A queue of its own, because clean_written() and pdf_streams.py call this while another one is read.
        queue, self.queue = self.queue, deque()
        self.filter_value(value, parse_alternatives(kinds))
        while self.queue:
            each, sign, kind_or_rule = self.queue.popleft()
            CONTAINERS[sign](self, each, kind_or_rule)
        self.queue = queue

    def clean_written(self, data, kind):
        """Return the bytes of the dictionary `data`, which is written in a content stream, cleaned."""
        dictionary = pikepdf.Object.parse(data)
        self.walk(dictionary, kind)
        return dictionary.unparse()

    def filter_value(self, value, rule):
        """Return the new value for `value`, or None to leave it out.

        `rule`: alternatives as parse_alternatives returns them. The content of arrays and dictionaries is
        cleaned later, from the queue.
        """
        for sign, kinds in rule:
            if sign:
                if isinstance(value, Dictionary if sign == "{" else Array):
                    self.queue.append((value, sign, tuple(("", (kind,)) for kind in kinds)))
                    return value
                continue
            kind = kinds[0]
            if kind in pdf_values.SCALARS:
                if (found := pdf_values.SCALARS[kind](self, value)) is not None:
                    return found
            elif kind in ARRAY_RULES:
                if isinstance(value, Array):
                    return self.filter_value(value, ARRAY_RULES[kind])
            elif self.is_of_kind(value, kind):
                self.keep(value, kind)
                return value
        return None

    def keep(self, value, kind):
        """Put `value`, which is of `kind`, into the queue, unless it was there before."""
        if value.is_indirect:
            self.reached.add(value.objgen)
            if (value.objgen, kind) in self.visited:
                return
            self.visited.add((value.objgen, kind))
        self.queue.append((value, "", kind))

    def is_of_kind(self, value, kind):
        """Return whether `value` is a stream or dictionary of `kind`. Raises Refused for annotations.

        Where a rule has several kinds of streams, or of dictionaries, as alternatives, the first one that
        fits is taken: each but the last needs one of TESTS.
        """
        if not isinstance(value, Stream if kind in STREAMS else Dictionary):
            return False
        return kind not in TESTS or TESTS[kind](self, value)

    # --- Objects from the queue ------------------------------------------------------------------

    def clean_object(self, value, kind):
        rules = RULES[kind]
        if kind in STREAMS:
            pdf_streams.clean(value, kind, self)
        elif kind == "page":
            self.clean_page(value)
        for key in list(value.keys()):
            if kind in STREAMS and key in {"/Length", "/Filter", "/DecodeParms"}:
                continue  # pdf_streams.clean() has cleaned them.
            self.clean_entry(value, key, rules.get(key, ()))

    def clean_entry(self, dictionary, key, rule):
        """Clean the value of `key` in `dictionary` by `rule`, or remove it."""
        old = dictionary[key]
        new = self.filter_value(old, rule)
        if new is None:
            del dictionary[key]
        elif new is not old:
            dictionary[key] = new

    def clean_page(self, page):
        """Replace the content streams of `page` by one cleaned stream."""
        content = page.get("/Contents")
        if content is None:
            return
        parts = content if isinstance(content, Array) else [content]
        data = b"\n".join(pdf_streams.read_unpacked(part) for part in parts if isinstance(part, Stream))
        page.Contents = self.pdf.make_stream(pdf_content.clean_content(data, self.clean_written))
        self.reached.add(page.Contents.objgen)

    def clean_map(self, value, rule):
        """Clean a dictionary whose values all have the same `rule`: the sign "{"."""
        for key in list(value.keys()):
            self.clean_entry(value, key, rule)

    def clean_array(self, value, rule, filler=()):
        """Clean an array whose items all have one `rule`: "*" and "#". `filler` replaces other items."""
        old = list(value)
        new = []
        for item in old:
            found = self.filter_value(item, rule)
            new += [found] if found is not None else filler
        if len(new) != len(old) or any(one is not other for one, other in zip(new, old, strict=True)):
            replace_items(value, new)

    def clean_pairs(self, value, rule):
        """Clean an array of alternating keys and values, whose values have the same `rule`: the sign "&"."""
        new, items = [], list(value)
        for key, item in zip(items[::2], items[1::2], strict=False):
            found = self.filter_value(item, rule)
            if found is not None and isinstance(key, (String, int)):
                new += [key, found]
        replace_items(value, new)


def replace_items(array, items):
    while len(array):
        del array[len(array) - 1]
    array.extend(items)


# {sign of pdf_schema.py: method that cleans such an object}.
CONTAINERS = {
    "": Cleaner.clean_object,
    "*": Cleaner.clean_array,
    "#": partial(Cleaner.clean_array, filler=[None]),  # The items have to keep their positions.
    "&": Cleaner.clean_pairs,
    "{": Cleaner.clean_map,
}


def is_link(_cleaner, annotation):
    """Return whether `annotation` is a link. False for pop-ups. Raises Refused for other annotations."""
    subtype = annotation.get("/Subtype")
    if subtype not in {"/Link", "/Popup"}:
        raise Refused(Reason.FORM if subtype == "/Widget" else Reason.MARKS)
    return subtype == "/Link"


def is_content(cleaner, value):
    """Return whether the object that `value`, a part of the structure tree, is or is within stays.

    Such a part can be another object, such as a link, or be within another one, such as a form.
    """
    objects = [value[key] for key in ("/Obj", "/Stm") if key in value]
    return all(pdf_values.reached(cleaner, each) is not None for each in objects)


# {kind: function that takes the Cleaner and a stream or dictionary, and returns whether it is of the kind}.
# The standard requires the /Type of layers.
TESTS = {
    "page": lambda cleaner, value: value.objgen in cleaner.pages,
    "link": is_link,
    "action": lambda _cleaner, value: pdf_values.is_safe_action(value),
    "form": lambda _cleaner, value: value.get("/Subtype") == "/Form",
    "image": lambda _cleaner, value: value.get("/Subtype") == "/Image",
    "layer": lambda _cleaner, value: value.get("/Type") == "/OCG",
    "membership": lambda _cleaner, value: value.get("/Type") == "/OCMD",
    "element": lambda _cleaner, value: "/S" in value,
    "content": is_content,
}
