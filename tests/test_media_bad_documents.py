"""Documents that can't be cleaned, are broken or made to harm: an error beside the field, with advice."""

import io
import zipfile
import zlib

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pikepdf import Array, Dictionary, Name
from wagtail.models import UploadedFile

from media.models import CleanDocument
from tests.document_samples import (
    OFFICE,
    SUFFIXES,
    R,
    W,
    X,
    open_document,
    pdf,
    relationships,
    telling_document,
    zipped,
)
from tests.media_samples import photo, saved
from tests.test_media_bad_files import bounded_memory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]

MEBI = 1024 * 1024


# --- Office --------------------------------------------------------------------------------------


def docx_with(body):
    return telling_document(
        "docx", {"word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>"}
    )


def odt_with(body):
    return telling_document(
        "odt", {"content.xml": f"<office:document-content {OFFICE}>{body}</office:document-content>"}
    )


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
TALK = "comments or tracked changes"
CANNOT = "can't be cleaned"
LOCKED = "locked with a password"
BROKEN = "can't be read"
KIND = "Files of this kind"
TOO_MUCH = "too much"


def with_password_bit(data):
    """Set the bit of a ZIP file's entries that says that they have a password."""
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = data.find(sign)
        while start >= 0:
            data = data[: start + place] + b"\x01" + data[start + place + 1 :]
            start = data.find(sign, start + 4)
    return data


# --- PDF -----------------------------------------------------------------------------------------


def signed(document):
    signature = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=b"MarkSigner")
    field = document.make_indirect(Dictionary(FT=Name.Sig, T="Signature", V=signature))
    document.Root.AcroForm = Dictionary(Fields=[field])


def form_in_xfa(document):
    document.Root.AcroForm = Dictionary(Fields=[], XFA=document.make_stream(b"<xdp/>"))


def with_picture(filters):
    def change(document):
        picture = document.make_stream(saved(photo(), "JPEG2000"), Type=Name.XObject, Subtype=Name.Image)
        picture.Filter = filters
        document.pages[0].Resources.XObject.Im2 = picture

    return change


def with_broken_picture(document):
    picture = document.make_stream(b"\xff\xd8\xff\xe1\xff\xff", Type=Name.XObject, Subtype=Name.Image)
    picture.Filter = Name.DCTDecode
    document.pages[0].Resources.XObject.Im2 = picture


def pdf_bomb():
    """Return a PDF whose list of objects, compressed, is 512 MiB of spaces when it is opened."""
    packer = zlib.compressobj(9)
    spaces = b" " * (16 * MEBI)
    packed = b"".join([packer.compress(spaces) for _ in range(32)]) + packer.flush()
    body = b"%PDF-1.5\n"
    first = len(body)
    body += b"1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    body += packed + b"\nendstream endobj\n"
    table = len(body)
    rows = b"\0\0\0\0" + b"\1" + first.to_bytes(3) + b"\2\0\0\1"  # object 2 is in object 1
    rows += b"\1" + table.to_bytes(3)
    body += b"3 0 obj<</Type/XRef/Size 4/W[1 3 0]/Root 2 0 R/Length %d>>stream\n" % len(rows)
    return body + rows + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % table


BAD = {
    "empty.pdf": (lambda: b"", "empty"),
    "too-large.txt": (lambda: b"a" * (15 * MEBI + 1), "too big"),
    "page.pdf": (lambda: b"<!doctype html><script>alert(1)</script>", BROKEN),
    "page.docx": (lambda: b"<!doctype html>", BROKEN),
    "pdf.docx": (pdf, BROKEN),
    "docx.odt": (lambda: telling_document("docx"), BROKEN),
    "archive.docx": (lambda: zipped({"a.txt": "x"}), BROKEN),
    "picture.pdf": (lambda: saved(photo(), "PNG"), BROKEN),
    # Kinds that no library cleans.
    "old.doc": (lambda: b"\xd0\xcf\x11\xe0", KIND),
    "rich.rtf": (lambda: rb"{\rtf1{\info{\author Mark}}}", KIND),
    "book.epub": (lambda: zipped({"mimetype": "application/epub+zip"}), KIND),
    "slides.pptx": (lambda: zipped({"[Content_Types].xml": "<a/>"}), KIND),
    "program.exe": (lambda: b"MZ", KIND),
    "no-suffix": (lambda: b"text", KIND),
    "page.html": (lambda: b"<p>", KIND),
    # Text.
    "nul.txt": (lambda: b"a\0b", "UTF-8"),
    "latin.csv": (lambda: "Ségou".encode("latin-1"), "UTF-8"),
    "program.txt": (lambda: bytes(range(256)), "UTF-8"),
    # Locked.
    "locked.docx": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), LOCKED),
    "locked.xlsx": (lambda: with_password_bit(telling_document("xlsx")), LOCKED),
    "locked.odt": (
        lambda: telling_document("odt", {"META-INF/manifest.xml": "<a><encryption-data/></a>"}), LOCKED,
    ),
    "locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="b")), LOCKED),
    "half-locked.pdf": (lambda: pdf(encryption=pikepdf.Encryption(owner="a", user="")), LOCKED),
    # What people said and deleted.
    "changed.docx": (lambda: docx_with('<w:p><w:ins w:id="1" w:author="Mark"><w:r/></w:ins></w:p>'), TALK),
    "deleted.docx": (lambda: docx_with('<w:p><w:del w:author="Mark"><w:r/></w:del></w:p>'), TALK),
    "commented.docx": (
        lambda: telling_document("docx", {"word/comments.xml": f"<w:c {W}><w:comment/></w:c>"}), TALK,
    ),
    "commented.xlsx": (
        lambda: telling_document("xlsx", {"xl/comments1.xml": f"<comments {X}><comment/></comments>"}), TALK,
    ),
    "changed.odt": (lambda: odt_with("<text:tracked-changes/>"), TALK),
    "commented.ods": (
        lambda: odt_with("<office:annotation><dc:creator>Mark</dc:creator></office:annotation>"), TALK,
    ),
    # What else is in the file.
    "macro.docx": (lambda: telling_document("docx", {"word/vbaProject.bin": b"x"}), CANNOT),
    "macro.xlsx": (lambda: telling_document("xlsx", {"xl/vbaProject.bin": b"x"}), CANNOT),
    "macro.odt": (lambda: telling_document("odt", {"Basic/script.xml": "<a/>"}), CANNOT),
    "chart.docx": (lambda: telling_document("docx", {"word/embeddings/data.xlsx": b"x"}), CANNOT),
    "object.odt": (lambda: telling_document("odt", {"Object 1/content.xml": "<a/>"}), CANNOT),
    "others.xlsx": (lambda: telling_document("xlsx", {"xl/externalLinks/externalLink1.xml": "<a/>"}), CANNOT),
    "pivot.xlsx": (lambda: telling_document("xlsx", {"xl/pivotCache/records.xml": "<a/>"}), CANNOT),
    "history.xlsx": (lambda: telling_document("xlsx", {"xl/revisions/revisionHeaders.xml": "<a/>"}), CANNOT),
    "drawing.docx": (lambda: telling_document("docx", {"word/media/image3.emf": b"x"}), CANNOT),
    "gif.docx": (lambda: telling_document("docx", {"word/media/image3.png": b"GIF89a"}), BROKEN),
    "linked.docx": (
        lambda: telling_document(
            "docx", {"word/_rels/header1.xml.rels": relationships(("image", "file:///C:/Users/Mark/a.jpg"))}
        ), CANNOT,
    ),
    "linked.odt": (lambda: odt_with('<draw:image xlink:href="file:///home/mark/a.jpg"/>'), CANNOT),
    "signed.pdf": (lambda: pdf(signed), "signed"),
    "xfa.pdf": (lambda: pdf(form_in_xfa), "form"),
    "jpeg2000.pdf": (lambda: pdf(with_picture(Name.JPXDecode)), CANNOT),
    "chained.pdf": (lambda: pdf(with_picture(Array([Name.ASCII85Decode, Name.DCTDecode]))), CANNOT),
    "broken-picture.pdf": (lambda: pdf(with_broken_picture), BROKEN),
    # Made to harm.
    "laughs.docx": (lambda: telling_document("docx", {"word/x.xml": f"{LAUGHS}<a>&b;</a>"}), CANNOT),
    "outside.docx": (lambda: telling_document("docx", {"word/x.xml": f"{OUTSIDE}<a>&a;</a>"}), CANNOT),
    "bomb.docx": (lambda: telling_document("docx", {"word/media/a.png": bytes(120 * MEBI)}), TOO_MUCH),
    "bomb.xlsx": (lambda: telling_document("xlsx", {"xl/a.xml": "<a>" + " " * (30 * MEBI) + "</a>"}), CANNOT),
    "many.ods": (lambda: zipped(open_document() | {f"Pictures/{n}.png": "" for n in range(3000)}), TOO_MUCH),
    "bomb.pdf": (pdf_bomb, BROKEN),
}  # fmt: skip
for suffix in SUFFIXES:
    for tenth in (2, 5, 8):
        data = telling_document(suffix)
        BAD[f"cut-{tenth}.{suffix}"] = (
            lambda data=data, tenth=tenth: data[: len(data) * tenth // 10],
            BROKEN,
        )


@pytest.mark.parametrize("name", BAD)
def test_bad_document_is_an_error_beside_the_field(name, editor, store):
    make, words = BAD[name]
    data = make()
    with bounded_memory():
        response = editor.post(
            reverse("wagtaildocs:add"), {"title": "x", "file": SimpleUploadedFile(name, data)}
        )
        assert response.status_code == 200
        assert words in " ".join(response.context["form"].errors["file"])
        fields = {"title": "x", "files[]": SimpleUploadedFile(name, data)}
        answer = editor.post(reverse("wagtaildocs:add_multiple"), fields).json()
        assert words in answer["error_message"]
    assert not CleanDocument.objects.exists()
    assert not UploadedFile.objects.exists()
    assert list(store.rglob("*")) == []


def test_zip_that_says_less_than_it_holds_is_no_way_around(editor):
    """The size in its list is what counts, and no more than that is unpacked."""
    data = bytearray(telling_document("docx", {"word/media/a.png": bytes(120 * MEBI)}))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("word/media/a.png").file_size.to_bytes(4, "little")
    data = bytes(data).replace(size, (50).to_bytes(4, "little"))
    with bounded_memory():
        response = editor.post(
            reverse("wagtaildocs:add"), {"title": "x", "file": SimpleUploadedFile("a.docx", data)}
        )
    assert BROKEN in " ".join(response.context["form"].errors["file"])
