"""Cleans the data of the streams in a PDF by their kind: content, pictures, character maps and others."""

import io
import re
import zlib

import pikepdf
from pikepdf import Array, Name
from PIL import Image

from media.sanitizer import limits, pdf_content
from media.sanitizer.pictures import strip_jpeg
from media.sanitizer.reasons import Reason, Refused

# Kinds of streams that have the syntax of page content.
CONTENT_KINDS = {"form", "tiling", "glyph"}
# ISO 32000-2, table 92: the short names of filters in inline pictures. PDF readers accept them everywhere.
FULL_NAMES = {
    "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode",
    "/LZW": "/LZWDecode",
    "/Fl": "/FlateDecode",
    "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode",
    "/DCT": "/DCTDecode",
}
# The sections of a CMap that map codes to characters. The rest of a CMap is PostScript code.
CMAP_SECTION = re.compile(
    rb"(\d+\s+begin(codespacerange|bfchar|bfrange|cidchar|cidrange|notdefchar|notdefrange)"
    rb"[\s\[\]<>0-9A-Fa-f]*end\2)"
)
CMAP_NAME = re.compile(rb"/([A-Za-z0-9-]+)\s+usecmap")
CMAP_VERTICAL = re.compile(rb"/WMode\s+1\s+def")
CMAP_TEMPLATE = (
    b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n%s"
    b"/CMapName /Characters def\n/CMapType 2 def\n%s%s\nendcmap\n"
    b"CMapName currentdict /CMap defineresource pop\nend\nend\n"
)
# Comments and operators of a PostScript calculator function (function type 4).
COMMENT = re.compile(rb"%[^\r\n]*")
CALCULATION = re.compile(rb"[\s{}a-z0-9.+-]*")
# Bytes that are unpacked at a time.
BLOCK_SIZE = 1024 * 1024
# Filters that leave a picture in a format of its own.
PICTURE_FILTERS = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}
# The number of colours of a pixel in families of colour spaces. Others have one, or say it.
COLOURS = {"/DeviceRGB": 3, "/CalRGB": 3, "/Lab": 3, "/RGB": 3, "/DeviceCMYK": 4, "/CMYK": 4}


def clean(stream, kind, cleaner):
    """Clean the data of `stream` and the names of its filters. Raises Refused.

    `kind`: its kind in pdf_schema.py. `cleaner`: the Cleaner of the file.
    """
    if kind == "image":
        clean_image(stream, cleaner)
        return
    data = read_unpacked(stream)
    if kind in CONTENT_KINDS:
        data = pdf_content.clean_content(data, cleaner.clean_written)
    elif kind == "cmap":
        data = clean_cmap(data)
    elif stream.get("/FunctionType") == 4:
        data = COMMENT.sub(b"", data)
        if not CALCULATION.fullmatch(data):
            raise Refused(Reason.CANNOT_CLEAN)
    stream.write(data)


def expand_filter_names(stream):
    """Replace the names of the filters of `stream` by the full names. Return these, in order."""
    found = stream.get("/Filter", Array())
    found = found if isinstance(found, Array) else [found]
    filters = [FULL_NAMES.get(str(each), str(each)) for each in found]
    if filters:
        stream.Filter = Name(filters[0]) if len(filters) == 1 else Array([Name(each) for each in filters])
    return filters


def read_unpacked(stream):
    """Return the unpacked data of `stream`. Raises Refused for a filter for pictures, or too much data."""
    filters = expand_filter_names(stream)
    if PICTURE_FILTERS & set(filters):
        raise Refused(Reason.PDF_PICTURE)
    try:
        data = stream.read_bytes(pikepdf.StreamDecodeLevel.generalized)
    except pikepdf.DataDecodingError:  # an unknown filter, a broken stream, or too much data
        raise Refused(Reason.TOO_MUCH) from None
    if len(data) > limits.STREAM:
        raise Refused(Reason.TOO_MUCH)
    return data


def clean_image(stream, cleaner):
    """Clean the data of a picture, and remove what is below its height, which no reader shows.

    read_unpacked() refuses JPEG 2000, and JPEG within another filter.
    """
    filters = expand_filter_names(stream)
    if "/DecodeParms" in stream:
        cleaner.walk(stream.DecodeParms, "decoding|*decoding")
    parameters = stream.get("/DecodeParms")
    if filters == ["/DCTDecode"]:
        data = strip_jpeg(stream.read_raw_bytes())
        width, height = Image.open(io.BytesIO(data), formats=["JPEG"]).size
        if width > stream.Width or height > stream.Height:
            raise Refused(Reason.PDF_PICTURE)
        stream.write(data, filter=Name.DCTDecode, decode_parms=parameters)
    elif filters == ["/FlateDecode"]:
        data = trim_zlib(stream.read_raw_bytes(), count_packed_bytes(stream, parameters))
        stream.write(data, filter=Name.FlateDecode, decode_parms=parameters)
    elif filters in (["/CCITTFaxDecode"], ["/JBIG2Decode"]):
        return  # Fax and JBIG2 pictures stay as they are: docs/decisions/media.md.
    else:
        stream.write(read_unpacked(stream)[: count_bytes(stream)])


def count_bytes(image):
    """Return how many bytes the pixels of the picture `image` take."""
    space = image.get("/ColorSpace")
    family = str(space[0]) if isinstance(space, Array) else str(space)
    if family == "/ICCBased":
        colours = space[1].N
    else:
        colours = len(space[1]) if family == "/DeviceN" else COLOURS.get(family, 1)
    bits = 1 if image.get("/ImageMask") else image.BitsPerComponent
    return image.Height * -(-image.Width * colours * bits // 8)


def count_packed_bytes(image, parameters):
    """Return how many bytes the pixels of `image` take before the predictor in `parameters` is undone.

    The predictors of PNG, from 10 on, put a byte before each of their rows.
    """
    size = count_bytes(image)
    found = parameters[0] if isinstance(parameters, Array) else parameters
    if found is None or found.get("/Predictor", 1) < 10:
        return size
    bits = found.get("/Colors", 1) * found.get("/BitsPerComponent", 8)
    row = -(-found.get("/Columns", 1) * bits // 8)
    return -(-size // row) * (row + 1)


def trim_zlib(data, size):
    """Return the zlib stream at the beginning of `data`, with at most `size` unpacked bytes."""
    unpacker, rest, unpacked = zlib.decompressobj(), data, 0
    while rest and not unpacker.eof and unpacked <= size:
        unpacked += len(unpacker.decompress(rest, BLOCK_SIZE))
        rest = unpacker.unconsumed_tail
    if unpacked > size:
        return zlib.compress(zlib.decompressobj().decompress(data, max(size, 1))[:size])
    return data[: len(data) - len(unpacker.unused_data)]


def clean_cmap(data):
    """Return a CMap with only the mappings of the CMap `data`."""
    sections = b"\n".join(found[0] for found in CMAP_SECTION.findall(data))
    base = CMAP_NAME.search(data)
    base = b"/%s usecmap\n" % base[1] if base else b""
    vertical = b"/WMode 1 def\n" if CMAP_VERTICAL.search(data) else b""
    return CMAP_TEMPLATE % (base, vertical, sections)
