"""Documents that can't be cleaned, are broken or malicious are refused, with an error and advice."""

import io

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from pikepdf import Array, Dictionary, Name
from wagtail.models import UploadedFile

from media.documents import MESSAGES, clean_document
from media.models import CleanDocument
from media.sanitizer import __main__, limits, reasons
from media.sanitizer import pdf as pdf_cleaner
from tests.support import document_bombs, fuzzing, media_samples, memory, uploading
from tests.support.document_samples import pdf

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

MEBI = 1024 * 1024


# Words of the error messages.
CANNOT = "can't be cleaned"
LOCKED = "locked with a password"
BROKEN = "can't be read"
TOO_MUCH = "too much"


# --- PDF -----------------------------------------------------------------------------------------
# Functions that change a PDF, for pdf().


def on_root(name, value):
    return lambda document: setattr(document.Root, name, value)


def form_with(**field):
    return on_root("AcroForm", Dictionary(Fields=[Dictionary(**field)]))


SIGNATURE = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=b"MarkSigner")


def with_note(document):
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents="A", T="MarkAuthor")
    document.pages[0].Annots.append(note)


def with_inline_picture(document):
    jpeg = media_samples.picture_with_metadata("jpg")
    document.pages[0].Contents = document.make_stream(b"BI /W 4 /H 6 /F /DCT ID " + jpeg + b" EI\n")


def with_picture(filters, data=None):
    """Return a function that adds a picture to a PDF and says that it is encoded with `filters`."""

    def change(document):
        content = data or media_samples.saved(media_samples.photo(), "JPEG2000")
        picture = document.make_stream(content, Type=Name.XObject, Subtype=Name.Image)
        picture.Filter = filters
        document.pages[0].Resources.XObject.Im1 = picture

    return change


# {file name: (function that returns the file, words of the error)}
BAD = {
    "page.pdf": (lambda: b"<!doctype html><script>alert(1)</script>", BROKEN),
    "picture.pdf": (lambda: media_samples.saved(media_samples.photo(), "PNG"), BROKEN),
    # Text.
    "nul.txt": (lambda: b"a\0b", "UTF-8"),
    "latin.csv": (lambda: "Ségou".encode("latin-1"), "UTF-8"),
    "program.txt": (lambda: bytes(range(256)), "UTF-8"),
    # A half-locked PDF opens without a password, and needs one to be changed.
    "locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="b")), LOCKED),
    "half-locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="")), LOCKED),
    "formulas.csv": (lambda: b"name,amount\nAda,=WEBSERVICE(A1)\n", "formulas"),
    "signed.pdf": (lambda: pdf(form_with(FT=Name.Sig, T="Signature", V=SIGNATURE)), "signed"),
    "xfa.pdf": (lambda: pdf(on_root("AcroForm", Dictionary(Fields=[], XFA=b"<xdp/>"))), "form"),
    "form.pdf": (lambda: pdf(form_with(FT=Name.Tx, T="Name", V="MarkName")), "form"),
    "noted.pdf": (lambda: pdf(with_note), "notes"),
    "inline.pdf": (lambda: pdf(with_inline_picture), CANNOT),
    "portfolio.pdf": (lambda: pdf(on_root("Collection", Dictionary())), CANNOT),
    "jpeg2000.pdf": (lambda: pdf(with_picture(Name.JPXDecode)), CANNOT),
    "chained.pdf": (lambda: pdf(with_picture(Array([Name.ASCII85Decode, Name.DCTDecode]))), CANNOT),
    # A JPEG that ends before its EXIF does.
    "broken-picture.pdf": (lambda: pdf(with_picture(Name.DCTDecode, b"\xff\xd8\xff\xe1\xff\xff")), BROKEN),
}  # fmt: skip
# The suffix decides, whatever is in the file.
UNSUPPORTED = ["old.doc", "rich.rtf", "program.exe", "page.html", "no-suffix", "a.png", "a.jpg", "a.svg"]
UNSUPPORTED += ["a.mp4", "a.js", "a.zip", "a.docx", "a.xlsx", "a.xlsm", "a.odt", "a.ods", "a.pptx", "a.epub"]
# Files that end too early.
for tenth in (2, 5, 8):
    BAD[f"cut-{tenth}.pdf"] = (lambda tenth=tenth: pdf()[: len(pdf()) * tenth // 10], BROKEN)


@pytest.mark.parametrize("name", BAD)
def test_bad_document_is_refused(name):
    """The sanitizer runs in the process of the test, because to start another one takes most of the time."""
    make, words = BAD[name]
    data = make()
    with memory.bounded_memory(), pytest.raises(reasons.Refused) as raised:
        __main__.clean(io.BytesIO(data), name.rpartition(".")[2])
    assert words in MESSAGES[raised.value.reason]


def test_file_of_another_kind_is_refused():
    for name in UNSUPPORTED:
        with pytest.raises(ValidationError, match="Files of this kind"):
            clean_document(ContentFile(b"PK\x03\x04", name))


def test_bad_document_is_an_error_of_the_field(editor, media_root):
    """All forms have the same field."""
    for way, name, data, words in (
        ("add", "empty.pdf", b"", "empty"),
        ("add", "chained.PDF", BAD["chained.pdf"][0](), CANNOT),
        ("add", "page.pdf", b"<!doctype html>", "read as PDF"),
        ("chooser", "letter.docx", b"PK", "Save it as PDF"),
        ("several", "too-large.txt", b"a" * (15 * MEBI + 1), "too big"),
        ("several", "formulas.csv", BAD["formulas.csv"][0](), "as formulas"),
        ("several", "page.html", b"<p>", "Files of this kind"),
    ):
        assert words in uploading.upload(editor, name, data, "document", way), name
    assert not CleanDocument.objects.exists() and not UploadedFile.objects.exists()
    assert list(media_root.rglob("*")) == []


# Names of BOMBS that are stored, and of those that are refused within a second, one or two by each check.
# `make drill ARGS=random_input` uploads all of them.
STORED = {"deep-array.pdf", "picture.pdf"}
QUICK = ["object-stream.pdf", "dictionaries.pdf", "claimed-table.pdf", "brackets.pdf", "twice.pdf"]


@pytest.mark.parametrize("name", document_bombs.BOMBS if fuzzing.IS_THOROUGH else QUICK)
def test_bomb_is_an_error_of_the_field(name, editor, media_root):
    with memory.bounded_memory():
        error = uploading.upload(editor, name, document_bombs.BOMBS[name](), "document", "several")
    assert any(words in error for words in (TOO_MUCH, BROKEN, CANNOT)) != (name in STORED)
    assert bool(list(media_root.rglob("*"))) == (name in STORED)


def test_document_that_exceeds_a_limit_is_refused(monkeypatch):
    """The limits are smaller here than those that the bombs exceed."""
    for module, limit, most in ((pdf_cleaner, "MAX_PAGES", 0), (limits, "STREAM", 1)):
        assert __main__.clean(io.BytesIO(pdf()), "pdf")
        with monkeypatch.context() as patch, pytest.raises(reasons.Refused) as raised:
            patch.setattr(module, limit, most)
            __main__.clean(io.BytesIO(pdf()), "pdf")
        assert raised.value.reason == reasons.Reason.TOO_MUCH, limit
