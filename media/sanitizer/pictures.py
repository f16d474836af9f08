"""Removes metadata from the JPEG and PNG files in documents, which mostly are not encoded again.

The document says how its pictures are rotated and which colours they have, so their data must stay the same.
"""

import re

from media.sanitizer.pixels import remove_hidden_colours_of_png

# The marker of Adobe's segment about colours (APP14), and its length with the marker, in bytes.
ADOBE, ADOBE_LENGTH = 0xEE, 16
# Markers without a length and content: TEM, and restarts.
BARE_MARKERS = {0x01, *range(0xD0, 0xD8)}
# Markers of the segments that stay: tables, frames, scans and ADOBE; no other APP segment, and no comment. C8
# is reserved, and CC only serves arithmetic coding.
JPEG_MARKERS = {0xC4, 0xDA, 0xDB, 0xDC, 0xDD, ADOBE} | (set(range(0xC0, 0xD0)) - {0xC8, 0xCC})
PNG_START = b"\x89PNG\r\n\x1a\n"
# Names of the chunks that stay.
PNG_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT"}
# Kinds of colours (PNG specification, 11.2.1): a palette, and grey and RGB with alpha.
PNG_PALETTE, PNG_ALPHA = 3, {4, 6}
# The marker that ends the compressed data of a scan: FF, but not stuffing (00), a restart (D0 to D7) or
# padding.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def strip_picture(data):
    """Return the JPEG or PNG `data` without metadata. Raises ValueError for other or broken files."""
    if data.startswith(b"\xff\xd8"):
        return strip_jpeg(data)
    if data.startswith(PNG_START):
        return strip_png(data)
    raise ValueError("neither JPEG nor PNG")


def strip_jpeg(data):
    """Return the segments of the JPEG `data` that decoding needs, without what follows its end.

    ITU T.81, B.1: a segment is FF, its marker, two bytes of length (which count themselves) and its content.
    Raises ValueError for a broken file.
    """
    segments, place = [data[:2]], 2
    while data[place : place + 2] != b"\xff\xd9":
        marker, length = data[place : place + 2], int.from_bytes(data[place + 2 : place + 4])
        if marker == b"\xff\xff":  # padding
            place += 1
            continue
        if marker[:1] == b"\xff" and marker[1:] and marker[1] in BARE_MARKERS:
            place += 2
            continue
        end = place + 2 + length
        # Decoders pass over FF 00 without reading a length, so they would find segments that this loop skips.
        if marker[:1] != b"\xff" or marker[1:] == b"\0" or length < 2 or end > len(data):
            raise ValueError("a broken JPEG")
        if marker == b"\xff\xda":  # a scan: compressed data follows the segment
            found = NEXT_MARKER.search(data, end)
            end = found.start() if found else len(data)
        # Adobe's segment has one form. A longer one, or one of another program, could have any content.
        is_foreign = marker[1] == ADOBE and (
            end - place != ADOBE_LENGTH or data[place + 4 : place + 9] != b"Adobe"
        )
        if marker[1] in JPEG_MARKERS and not is_foreign:
            segments.append(data[place:end])
        place = end
        if place == len(data):  # Many JPEGs lack the end marker, and are shown all the same.
            break
    return b"".join(segments) + b"\xff\xd9"


def count_scans(data):
    """Return how many scans the first picture in the JPEG `data` has, each of which takes time to decode.

    Raises ValueError for a broken file.
    """
    return strip_jpeg(data).count(b"\xff\xda")


def strip_png(data):
    """Return the chunks of the PNG `data` that decoding needs, without what follows its end.

    A chunk is four bytes of length, four of its name, the content, and four of checksum. The first one is
    IHDR, and its tenth byte is the kind of colours. A transparent picture is encoded again, without the
    colours that transparency hides. Raises ValueError for a broken file.
    """
    chunks, place, name = [PNG_START], len(PNG_START), b""
    if data[12:16] != b"IHDR" or len(data) < 33:  # 8 bytes of signature and 25 of IHDR
        raise ValueError("a broken PNG")
    has_alpha = data[25] in PNG_ALPHA
    while name != b"IEND":
        length, name = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        end = place + 12 + length
        if end > len(data):
            raise ValueError("a broken PNG")
        if name == b"IHDR" and place != len(PNG_START):
            raise ValueError("a broken PNG")
        if name in PNG_CHUNKS:
            chunks.append(data[place:end])
        # In other kinds of PNG, tRNS makes a single colour transparent, which hides nothing.
        has_alpha = has_alpha or (name == b"tRNS" and data[25] == PNG_PALETTE)
        place = end
    clean = b"".join(chunks)
    return remove_hidden_colours_of_png(clean) if has_alpha else clean
