"""Documents that can't be cleaned, are broken or malicious are refused, with an error and advice."""

import io

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pikepdf import Array, Dictionary, Name
from wagtail.models import UploadedFile

from media.documents import MESSAGES, clean_document
from media.models import CleanDocument
from media.sanitizer import limits
from media.sanitizer import pdf as pdf_cleaner
from media.sanitizer.__main__ import clean
from media.sanitizer.reasons import Reason, Refused
from tests.support.document_bombs import BOMBS
from tests.support.document_samples import pdf
from tests.support.fuzzing import IS_THOROUGH
from tests.support.media_samples import photo, picture_with_metadata, saved
from tests.support.memory import bounded_memory

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

MEBI = 1024 * 1024


# Words of the error messages.
CANNOT = "can't be cleaned"
LOCKED = "locked with a password"
BROKEN = "can't be read"
TOO_MUCH = "too much"


# --- PDF -----------------------------------------------------------------------------------------
# Functions that change a PDF, for pdf().


def signed(document):
    signature = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=b"MarkSigner")
    field = document.make_indirect(Dictionary(FT=Name.Sig, T="Signature", V=signature))
    document.Root.AcroForm = Dictionary(Fields=[field])


def form(document):
    field = document.make_indirect(Dictionary(FT=Name.Tx, T="Name", V="MarkName"))
    document.Root.AcroForm = Dictionary(Fields=[field])


def portfolio(document):
    document.Root.Collection = Dictionary(Type=Name.Collection)


def with_note(document):
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents="A note", T="MarkAuthor"
    )
    document.pages[0].Annots.append(note)


def with_inline_picture(document):
    jpeg = picture_with_metadata("jpg")
    document.pages[0].Contents = document.make_stream(b"BI /W 4 /H 6 /F /DCT ID " + jpeg + b" EI\n")


def form_in_xfa(document):
    """Add a form in Adobe's XML format XFA, without fields in PDF."""
    document.Root.AcroForm = Dictionary(Fields=[], XFA=document.make_stream(b"<xdp/>"))


def with_picture(filters):
    """Return a function that adds a picture to a PDF and says that it is encoded with `filters`."""

    def change(document):
        picture = document.make_stream(saved(photo(), "JPEG2000"), Type=Name.XObject, Subtype=Name.Image)
        picture.Filter = filters
        document.pages[0].Resources.XObject.Im1 = picture

    return change


def with_broken_picture(document):
    # A JPEG that ends before its EXIF does.
    picture = document.make_stream(b"\xff\xd8\xff\xe1\xff\xff", Type=Name.XObject, Subtype=Name.Image)
    picture.Filter = Name.DCTDecode
    document.pages[0].Resources.XObject.Im1 = picture


# {file name: (function that returns the file, words of the error)}
BAD = {
    "page.pdf": (lambda: b"<!doctype html><script>alert(1)</script>", BROKEN),
    "picture.pdf": (lambda: saved(photo(), "PNG"), BROKEN),
    # Text.
    "nul.txt": (lambda: b"a\0b", "UTF-8"),
    "latin.csv": (lambda: "Ségou".encode("latin-1"), "UTF-8"),
    "program.txt": (lambda: bytes(range(256)), "UTF-8"),
    # A half-locked PDF opens without a password, and needs one to be changed.
    "locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="b")), LOCKED),
    "half-locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="")), LOCKED),
    "formulas.csv": (lambda: b"name,amount\nAda,=WEBSERVICE(A1)\n", "formulas"),
    "signed.pdf": (lambda: pdf(signed), "signed"),
    "xfa.pdf": (lambda: pdf(form_in_xfa), "form"),
    "form.pdf": (lambda: pdf(form), "form"),
    "noted.pdf": (lambda: pdf(with_note), "notes"),
    "inline.pdf": (lambda: pdf(with_inline_picture), CANNOT),
    "portfolio.pdf": (lambda: pdf(portfolio), CANNOT),
    "jpeg2000.pdf": (lambda: pdf(with_picture(Name.JPXDecode)), CANNOT),
    "chained.pdf": (lambda: pdf(with_picture(Array([Name.ASCII85Decode, Name.DCTDecode]))), CANNOT),
    "broken-picture.pdf": (lambda: pdf(with_broken_picture), BROKEN),
}  # fmt: skip
UNSUPPORTED = {
    "old.doc": b"\xd0\xcf\x11\xe0",
    "rich.rtf": rb"{\rtf1{\info{\author Mark}}}",
    "program.exe": b"MZ",
    "page.html": b"<p>",
}
# The suffix decides, whatever is in the file.
UNSUPPORTED |= dict.fromkeys(
    [
        *("no-suffix", "a.png", "a.jpg", "a.svg", "a.mp4", "a.js", "a.zip", "a.docx", "a.xlsx", "a.xlsm"),
        *("a.odt", "a.ods", "a.pptx", "a.epub"),
    ],
    b"PK\x03\x04",
)
# Files that end too early.
for tenth in (2, 5, 8):
    BAD[f"cut-{tenth}.pdf"] = (lambda tenth=tenth: pdf()[: len(pdf()) * tenth // 10], BROKEN)


def error_of_upload(editor, name, data):
    """Upload the bytes `data`, with little memory. Return the error of the form."""
    with bounded_memory():
        file = SimpleUploadedFile(name, data)
        response = editor.post(reverse("wagtaildocs:add"), {"title": "x", "file": file})
    (error,) = response.context["form"].errors["file"]
    return error


def error_of_several(editor, name, data):
    """Upload the bytes `data` by the form for several documents. Return the error of its answer."""
    with bounded_memory():
        fields = {"title": "x", "files[]": SimpleUploadedFile(name, data)}
        return editor.post(reverse("wagtaildocs:add_multiple"), fields).json().get("error_message", "")


@pytest.mark.parametrize("name", BAD)
def test_bad_document_is_refused(name):
    """The sanitizer runs in the process of the test, because to start another one takes most of the time."""
    make, words = BAD[name]
    data = make()
    with bounded_memory(), pytest.raises(Refused) as raised:
        clean(io.BytesIO(data), name.rpartition(".")[2])
    assert words in MESSAGES[raised.value.reason]


def test_file_of_another_kind_is_refused():
    for name, data in UNSUPPORTED.items():
        with pytest.raises(ValidationError, match="Files of this kind"):
            clean_document(ContentFile(data, name))


def test_bad_document_is_an_error_of_the_field(editor, media_root):
    """Both forms have the same field."""
    for upload, name, data, words in (
        (error_of_upload, "empty.pdf", b"", "empty"),
        (error_of_upload, "chained.PDF", BAD["chained.pdf"][0](), CANNOT),
        (error_of_upload, "page.pdf", b"<!doctype html>", "read as PDF"),
        (error_of_upload, "letter.docx", b"PK", "Save it as PDF"),
        (error_of_several, "too-large.txt", b"a" * (15 * MEBI + 1), "too big"),
        (error_of_several, "formulas.csv", BAD["formulas.csv"][0](), "as formulas"),
        (error_of_several, "page.html", b"<p>", "Files of this kind"),
    ):
        assert words in upload(editor, name, data), name
    assert not CleanDocument.objects.exists()
    assert not UploadedFile.objects.exists()
    assert list(media_root.rglob("*")) == []


# Names of BOMBS that are stored, and of those that are refused within a second, one or two by each check.
# `make drill ARGS=random_input` uploads all of them.
STORED = {"deep-array.pdf", "picture.pdf"}
QUICK = ["object-stream.pdf", "dictionaries.pdf", "claimed-table.pdf", "brackets.pdf", "twice.pdf"]


@pytest.mark.parametrize("name", BOMBS if IS_THOROUGH else QUICK)
def test_bomb_is_an_error_of_the_field(name, editor, media_root):
    error = error_of_several(editor, name, BOMBS[name]())
    assert any(words in error for words in (TOO_MUCH, BROKEN, CANNOT)) != (name in STORED)
    assert bool(list(media_root.rglob("*"))) == (name in STORED)


def test_document_that_exceeds_a_limit_is_refused(monkeypatch):
    """The limits are smaller here than those that the bombs exceed."""
    for module, limit, most in ((pdf_cleaner, "MAX_PAGES", 0), (limits, "STREAM", 1)):
        assert clean(io.BytesIO(pdf()), "pdf")
        with monkeypatch.context() as patch, pytest.raises(Refused) as raised:
            patch.setattr(module, limit, most)
            clean(io.BytesIO(pdf()), "pdf")
        assert raised.value.reason == Reason.TOO_MUCH, limit
