"""Documents that can't be cleaned, are broken or malicious are refused, with an error and advice."""

import io
import zipfile

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
from media.sanitizer import limits, office
from media.sanitizer import pdf as pdf_cleaner
from media.sanitizer.__main__ import clean
from media.sanitizer.reasons import Reason, Refused
from tests.support.document_bombs import BOMBS
from tests.support.document_samples import (
    SUFFIXES,
    W,
    X,
    document_with_metadata,
    docx,
    pdf,
    relationships,
    sheet,
    word_body,
    zipped,
)
from tests.support.media_samples import photo, picture_with_metadata, saved
from tests.support.memory import bounded_memory

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

MEBI = 1024 * 1024


# --- Office --------------------------------------------------------------------------------------


def docx_with(body):
    return zipped(docx(body))


def docx_with_comments(comments):
    """Return a Word file with the part `comments`, and a relationship to it from the main part.

    Of the relationship's type, the sanitizer reads what follows the last slash.
    """
    rows = docx()["word/_rels/document.xml.rels"]
    row = '<Relationship Id="rId9" Type="x/comments" Target="comments.xml"/></Relationships>'
    rows = rows.replace("</Relationships>", row)
    return zipped(docx() | {"word/_rels/document.xml.rels": rows, "word/comments.xml": comments})


def docx_with_picture(data):
    return document_with_metadata("docx", {"word/media/image2.png": data})


def xlsx_with(cells):
    return document_with_metadata("xlsx", {"xl/worksheets/sheet1.xml": sheet(cells)})


# Declares an XML entity, whose text would be read from a file of the server.
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
# Words of the error messages.
NOTES = "comments or tracked changes"
CANNOT = "can't be cleaned"
LOCKED = "locked with a password"
BROKEN = "can't be read"
TOO_MUCH = "too much"


def with_password_bit(data):
    """Return the ZIP file `data` with the flag of encryption set on all entries.

    The flag is at offset 8 of an entry in the ZIP directory, and at offset 6 of a file's own header.
    """
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = data.find(sign)
        while start >= 0:
            data = data[: start + place] + b"\x01" + data[start + place + 1 :]
            start = data.find(sign, start + 4)
    return data


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
    "page.docx": (lambda: b"<!doctype html>", BROKEN),
    "pdf.docx": (pdf, BROKEN),
    "docx.xlsx": (lambda: document_with_metadata("docx"), BROKEN),
    "archive.docx": (lambda: zipped({"a.txt": "x"}), BROKEN),
    "picture.pdf": (lambda: saved(photo(), "PNG"), BROKEN),
    # Text.
    "nul.txt": (lambda: b"a\0b", "UTF-8"),
    "latin.csv": (lambda: "Ségou".encode("latin-1"), "UTF-8"),
    "program.txt": (lambda: bytes(range(256)), "UTF-8"),
    # Locked. An encrypted Office file begins with these bytes, those of the old Office format. A half-locked
    # PDF opens without a password, and needs one to be changed.
    "locked.docx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), LOCKED),
    "locked.xlsx": (lambda: with_password_bit(document_with_metadata("xlsx")), LOCKED),
    "locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="b")), LOCKED),
    "half-locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="")), LOCKED),
    # Comments and tracked changes.
    "changed.docx": (lambda: docx_with('<w:p><w:ins w:id="1" w:author="Mark"><w:r/></w:ins></w:p>'), NOTES),
    "deleted.docx": (lambda: docx_with('<w:p><w:del w:author="Mark"><w:r/></w:del></w:p>'), NOTES),
    "deleted-by-nobody.docx": (
        lambda: docx_with('<w:p><w:del w:id="1"><w:r><w:delText>a</w:delText></w:r></w:del></w:p>'), NOTES,
    ),
    "commented.docx": (
        lambda: docx_with_comments(f"<w:comments {W}><w:comment w:id='1'/></w:comments>"), NOTES,
    ),
    "commented.xlsx": (
        lambda: document_with_metadata("xlsx", {
            "xl/worksheets/_rels/sheet1.xml.rels": relationships(("comments", "../comments1.xml")),
            "xl/worksheets/sheet1.xml": sheet("<c/>"),
            "xl/comments1.xml": f"<comments {X}><authors/><commentList><comment ref='A1'/>"
            "</commentList></comments>",
        }), NOTES,
    ),
    "threads.xlsx": (
        lambda: document_with_metadata("xlsx", {
            "xl/worksheets/_rels/sheet1.xml.rels": relationships(("threadedComment", "../t.xml"))
        }), NOTES,
    ),
    # Content that can be neither kept nor left out, and files that are broken inside.
    "chart.docx": (
        lambda: docx_with('<w:p><w:r><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/>'
        "</w:r></w:p>"), CANNOT,
    ),
    "other-words.docx": (lambda: docx_with("<w:unknown><w:r><w:t>lost</w:t></w:r></w:unknown>"), CANNOT),
    "object.docx": (lambda: docx_with("<w:p><w:r><w:object/></w:r></w:p>"), CANNOT),
    "page.html.docx": (lambda: docx_with('<w:altChunk r:id="rId2"/>'), CANNOT),
    "old-picture.docx": (
        lambda: docx_with('<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:schemas-microsoft-com:vml"/></w:pict>'
        "</w:r></w:p>"), CANNOT,
    ),
    "formulas.xlsx": (lambda: xlsx_with('<c r="A1"><f>SUM(B1:B9)</f></c>'), "without their results"),
    "linked.docx": (
        lambda: document_with_metadata("docx", {"word/_rels/document.xml.rels": docx()[
            "word/_rels/document.xml.rels"
        ].replace('"media/MarkName.jpeg"', '"https://example.org/a.jpg" TargetMode="External"')}),
        "outside of it",
    ),
    "drawing.docx": (
        lambda: docx_with_picture(b"\x01\0\0\0emf"), "neither JPEG nor PNG",
    ),
    "gif.docx": (lambda: docx_with_picture(b"GIF89a"), "neither JPEG"),
    "broken-picture.docx": (
        lambda: docx_with_picture(b"\x89PNG\r\n\x1a\n\0\0\1"), BROKEN,
    ),
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
    "outside.docx": (
        lambda: zipped(docx() | {"word/document.xml": OUTSIDE + word_body("<w:p>&a;</w:p>")}), CANNOT,
    ),
}  # fmt: skip
UNSUPPORTED = {
    "old.doc": b"\xd0\xcf\x11\xe0",
    "rich.rtf": rb"{\rtf1{\info{\author Mark}}}",
    "book.epub": zipped({"mimetype": "application/epub+zip"}),
    "letter.odt": zipped({"mimetype": "application/vnd.oasis.opendocument.text"}),
    "table.ods": zipped({"mimetype": "x"}),
    "slides.pptx": zipped({"[Content_Types].xml": "<a/>"}),
    "program.exe": b"MZ",
    "page.html": b"<p>",
}
# The suffix decides, whatever is in the file.
UNSUPPORTED |= dict.fromkeys(
    ["no-suffix", "a.png", "a.jpg", "a.svg", "a.mp4", "a.js", "a.zip", "a.xlsm"], b"x"
)
# Files that end too early.
for suffix in SUFFIXES:
    data = document_with_metadata(suffix)
    for tenth in (2, 5, 8):
        BAD[f"cut-{tenth}.{suffix}"] = (
            lambda data=data, tenth=tenth: data[: len(data) * tenth // 10],
            BROKEN,
        )


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
        return editor.post(reverse("wagtaildocs:add_multiple"), fields).json()["error_message"]


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
            clean_document(ContentFile(data), name)


def test_bad_document_is_an_error_of_the_field(editor, media_root):
    """Both forms have the same field."""
    for upload, name, data, words in (
        (error_of_upload, "empty.pdf", b"", "empty"),
        (error_of_upload, "chained.PDF", BAD["chained.pdf"][0](), CANNOT),
        (error_of_upload, "page.docx", b"<!doctype html>", "read as DOCX"),
        (error_of_several, "too-large.txt", b"a" * (15 * MEBI + 1), "too big"),
        (error_of_several, "formulas.xlsx", BAD["formulas.xlsx"][0](), "without their results"),
        (error_of_several, "page.html", b"<p>", "Files of this kind"),
    ):
        assert words in upload(editor, name, data), name
    assert not CleanDocument.objects.exists()
    assert not UploadedFile.objects.exists()
    assert list(media_root.rglob("*")) == []


# Names of BOMBS that are refused within a second, one or two by each check. `make drill` uploads all of them.
QUICK = [
    *("deep.docx", "laughs.docx", "picture.docx", "many-parts.docx"),
    *("object-stream.pdf", "dictionaries.pdf", "claimed-table.pdf", "brackets.pdf", "twice.pdf"),
]


@pytest.mark.parametrize("name", QUICK)
def test_bomb_is_an_error_of_the_field(name, editor, media_root):
    error = error_of_several(editor, name, BOMBS[name]())
    assert any(words in error for words in (TOO_MUCH, BROKEN, CANNOT))
    assert list(media_root.rglob("*")) == []


def test_document_that_exceeds_a_limit_is_refused(monkeypatch):
    """The limits are smaller here than those that the bombs exceed."""
    word = zipped(docx())
    largest = max(len(content) for content in docx().values())
    for module, limit, most, suffix, data in (
        (limits, "PART", largest - 1, "docx", word),
        (limits, "PARTS", largest, "docx", word),
        (office, "MAX_PARTS", 1, "docx", word),
        (pdf_cleaner, "MAX_PAGES", 0, "pdf", pdf()),
        (limits, "STREAM", 1, "pdf", pdf()),
    ):
        assert clean(io.BytesIO(data), suffix)
        with monkeypatch.context() as patch, pytest.raises(Refused) as raised:
            patch.setattr(module, limit, most)
            clean(io.BytesIO(data), suffix)
        assert raised.value.reason == Reason.TOO_MUCH, limit


def test_zip_with_a_false_size_unpacks_no_more_than_that_size(editor):
    """The directory of the ZIP file says 50 bytes for a picture that is a bomb."""
    data = BOMBS["picture.docx"]()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("word/media/MarkName.jpeg").file_size.to_bytes(4, "little")
    error = error_of_upload(editor, "a.docx", data.replace(size, (50).to_bytes(4, "little")))
    assert any(words in error for words in (TOO_MUCH, BROKEN))
