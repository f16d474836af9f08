"""PDFs with planted metadata, such as names and programs. The planted texts have "Mark" in them."""

import io
import re

import pikepdf
from pikepdf import Dictionary, Name

from media.sanitizer.reasons import Refused
from tests.support.media_samples import XMP, picture_with_metadata


def pdf(change=None, **save_options):
    """Return the bytes of a PDF with every kind of metadata that one can have.

    `change`: changes the pikepdf document before it is saved.
    """
    document = pikepdf.new()
    page = document.add_blank_page()
    picture = document.make_stream(picture_with_metadata("jpg"), Type=Name.XObject, Subtype=Name.Image)
    picture.Filter, picture.Width, picture.Height = Name.DCTDecode, 400, 600
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    picture.Metadata = document.make_stream(XMP)
    page.Resources = Dictionary(XObject=Dictionary(Im1=picture))
    page.Contents = document.make_stream(b"q 200 0 0 300 50 50 cm /Im1 Do Q")
    page.obj.PieceInfo = Dictionary(Mark=Dictionary(Private="MarkPrivate"))
    page.obj.Thumb = document.make_stream(b"MarkThumbnail")
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    link.A = Dictionary(S=Name.URI, URI="https://example.org/")
    link.Contents, link.NM = "MarkContents", "MarkId"
    page.obj.Annots = document.make_indirect([link])
    launch = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    launch.A = Dictionary(S=Name.Launch, F="/home/mark/MarkFolder/a.exe")
    page.obj.Annots.append(launch)
    picture["/PTEX.FileName"] = "./MarkName.pdf"
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="MarkScript")
    document.Root.Metadata = document.make_stream(XMP)
    document.attachments["MarkFile.txt"] = b"MarkAttached"
    document.docinfo["/Author"] = "MarkAuthor"
    document.docinfo["/Producer"] = "MarkProducer"
    if change:
        change(document)
    output = io.BytesIO()
    document.save(output, compress_streams=False, **save_options)
    return output.getvalue() + b"%MarkTrailing"


def unpack_all(data):
    """Return the bytes `data` of a PDF, and all its streams unpacked."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        level = pikepdf.StreamDecodeLevel.generalized
        document.save(output, compress_streams=False, stream_decode_level=level, qdf=True)
    return data + output.getvalue()


# --- Planted texts --------------------------------------------------------------------------------

# A word that identifies somebody, here by name and position, for tests that plant it where text must not
# stay.
SECRET = "Amina14N17W"
URL = f"https://{SECRET}.example/"
PATH = f"C:\\Users\\{SECRET}\\a.jpg"
# MarkInfo and Marked are keys of every tagged PDF. "Exif" begins the EXIF data of a JPEG or PNG.
PLANTED = re.compile(SECRET.encode() + rb"|Mark(?!Info|ed)|Exif", re.IGNORECASE)


def clean_or_refuse(raw, clean):
    """Return the unpacked content of the PDF `raw` after cleaning, or None if it is refused.

    `clean`: the function of the sanitizer. Fails if a planted text is still there.
    """
    assert PLANTED.search(unpack_all(raw))
    try:
        content = unpack_all(clean(raw))
    except Refused:
        return None
    assert not PLANTED.search(content), PLANTED.search(content)
    return content
