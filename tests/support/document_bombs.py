"""Small documents that take much memory or time to open. Tests upload some, and `make drill` all.

BOMBS has them by file name. Most have numbers so high that a parser without limits takes hundreds of
megabytes or many seconds, and still stay below the limits for the unpacked size in media/sanitizer/limits.py.
"""

import io
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.support.document_samples import pdf

MEBI = 1024 * 1024


def packed(block, times):
    """Return the zlib stream of `times` copies of the bytes `block`."""
    packer = zlib.compressobj(9)
    # After a full flush, equal blocks become equal bytes, so it is enough to compress one of them.
    head, one = packer.flush(zlib.Z_FULL_FLUSH), packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 1  # of no bytes
    for _ in range(times):
        checksum = zlib.adler32(block, checksum)
    return head + one * times + b"\x03\x00" + checksum.to_bytes(4)  # an empty last block


def with_stream(data, place, filters=Name.FlateDecode):
    """Return a PDF with the compressed `data` as a stream, which `place(document, stream)` puts into it."""

    def change(document):
        stream = document.make_stream(b"")
        stream.write(data, filter=filters)
        place(document, stream)

    return pdf(change)


def as_content(document, stream):
    document.pages[0].Contents = stream


def as_picture(document, stream):
    stream.Type, stream.Subtype, stream.Width, stream.Height = Name.XObject, Name.Image, 9, 9
    stream.ColorSpace, stream.BitsPerComponent = Name.DeviceGray, 8
    document.pages[0].Resources.XObject.Im2 = stream
    document.pages[0].Contents = document.make_stream(b"/Im2 Do")


def as_characters(document, stream):
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, ToUnicode=stream)
    document.pages[0].Resources.Font = Dictionary(F1=font)
    document.pages[0].Contents = document.make_stream(b"BT /F1 9 Tf (a) Tj ET")


def twice_packed():
    return zlib.compress(packed(b"q Q\n" * MEBI, 100), 9)


def object_stream_pdf(content=None):
    """Return a PDF with the object stream `content`, compressed. The default unpacks to 512 MiB of spaces.

    pikepdf writes no such files, so this writes the PDF's syntax: object 1 is the stream, which has object 2,
    the catalog, and object 3 is the table of all objects.
    """
    content = content or packed(b" " * (16 * MEBI), 32)
    body = b"%PDF-1.5\n"
    start = len(body)
    body += b"1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode"
    body += b"/Length %d>>stream\n" % len(content) + content + b"\nendstream endobj\n"
    table = len(body)
    # A row has one byte for the type (0 free, 1 at an offset, 2 in an object stream), three for the offset or
    # the number of the stream, and one for the generation or the place in the stream.
    rows = b"\0\0\0\0\0" + b"\1" + start.to_bytes(3) + b"\0" + b"\2\0\0\1\0"
    rows += b"\1" + table.to_bytes(3) + b"\0"
    body += b"3 0 obj<</Type/XRef/Size 4/W[1 3 1]/Root 2 0 R/Length %d>>stream\n" % len(rows)
    return body + rows + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % table


def many_objects_pdf():
    """Return a PDF of less than 10 KB whose table has a million objects, all at one place in the file."""
    document = pikepdf.new()
    document.add_blank_page()
    size = 1_000_000
    # 15 is the offset of the first object, after the two lines of the file's head.
    rows = b"".join(b"\1" + (15).to_bytes(3) + b"\0" for _ in range(size))
    output = io.BytesIO()
    document.save(output, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    body = output.getvalue()
    # The new table takes the place of pikepdf's.
    body = body[: body.rindex(b"xref\n", 0, body.rindex(b"startxref"))]
    table = len(body)
    content = zlib.compress(rows, 9)
    body += b"%d 0 obj<</Type/XRef/Size %d/W[1 3 1]/Root 1 0 R/Filter/FlateDecode" % (size - 1, size)
    body += b"/Length %d>>stream\n" % len(content) + content
    return body + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % table


def dictionaries_pdf():
    """Return a PDF with an array of millions of dictionaries in a compressed object stream."""
    array = b"<</Type/Catalog/Pages [" + b"<<>>" * 4_000_000 + b"]>>"
    return object_stream_pdf(zlib.compress(b"2 0 " + array, 9))


def claimed_table_pdf():
    """Return a PDF of less than 1 KB that claims to have two billion objects."""
    data = object_stream_pdf(zlib.compress(b"2 0 <</Type/Catalog>>"))
    return data.replace(b"/Size 4", b"/Size 2147483647").replace(b"/N 1", b"/N 2147483647")


def deep_array(document):
    # qpdf reads at most 500 nested arrays.
    document.Root.PageLabels = Dictionary(Nums=pikepdf.Object.parse(b"[" * 400 + b"]" * 400))


def many_pages(document):
    document.Root.Pages.Kids = Array([document.pages[0].obj] * 200_000)
    document.Root.Pages.Count = 200_000


def nested_pages(document):
    root = document.Root.Pages
    for _ in range(20_000):
        node = Dictionary(Type=Name.Pages, Kids=root.Kids, Count=1, Parent=root)
        root.Kids = Array([document.make_indirect(node)])


def outline(document):
    first = document.make_indirect(Dictionary(Title="a"))
    outlines = document.Root.Outlines = document.make_indirect(Dictionary(First=first))
    for _ in range(100_000):
        following = document.make_indirect(Dictionary(Title="a", Prev=first, Parent=outlines))
        first.Next, first = following, following


BOMBS = {
    "object-stream.pdf": object_stream_pdf,
    "many-objects.pdf": many_objects_pdf,
    "dictionaries.pdf": dictionaries_pdf,
    "claimed-table.pdf": claimed_table_pdf,
    "deep-array.pdf": lambda: pdf(deep_array),
    "many-pages.pdf": lambda: pdf(many_pages),
    "nested-pages.pdf": lambda: pdf(nested_pages),
    "outline.pdf": lambda: pdf(outline, object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "content.pdf": lambda: with_stream(packed(b" " * MEBI, 500), as_content),
    "operations.pdf": lambda: with_stream(packed(b"q Q\n" * 250_000, 35), as_content),
    "brackets.pdf": lambda: with_stream(packed(b"(" * MEBI, 30), as_content),
    "numbers.pdf": lambda: with_stream(packed(b"1 " * 500_000, 35), as_content),
    "twice.pdf": lambda: with_stream(twice_packed(), as_content, Array([Name.FlateDecode, Name.FlateDecode])),
    "picture.pdf": lambda: with_stream(packed(bytes(16 * MEBI), 400), as_picture),
    "characters.pdf": lambda: with_stream(packed(b"1 beginbfchar <00> <00> " * 40_000, 35), as_characters),
}
