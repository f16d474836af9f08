"""Takes everything but the coded picture out of JPEG and PNG files, without encoding them anew.

Documents say how their pictures are turned and coloured, so these must stay bit for bit the same.
"""

import re

# Tables, frames, scans, and Adobe's note on colours (APP14); no other APP segment, no comment.
ADOBE, ADOBE_LENGTH = 0xEE, 16
JPEG_KEPT = {0xC4, 0xDA, 0xDB, 0xDC, 0xDD, ADOBE} | (set(range(0xC0, 0xD0)) - {0xC8, 0xCC})
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"sBIT"}
# A marker inside coded data: FF that is neither stuffed (00) nor a restart (D0 to D7) nor padding (FF).
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def strip_picture(data):
    """Return the JPEG or PNG `data` without metadata. Raises ValueError when it is neither, or broken."""
    if data.startswith(b"\xff\xd8"):
        return strip_jpeg(data)
    if data.startswith(PNG_START):
        return strip_png(data)
    raise ValueError("neither JPEG nor PNG")


def strip_jpeg(data):
    """Return the JPEG `data` with what decoding needs, up to its end. Raises ValueError when broken.

    ITU T.81, B.1: a segment is FF, its marker, and mostly two bytes of length, which count themselves.
    """
    kept, place = [data[:2]], 2
    while data[place : place + 2] != b"\xff\xd9":
        marker, length = data[place : place + 2], int.from_bytes(data[place + 2 : place + 4])
        if marker == b"\xff\xff":  # padding
            place += 1
            continue
        end = place + 2 + length
        if marker[:1] != b"\xff" or length < 2 or end > len(data):
            raise ValueError("a broken JPEG")
        if marker == b"\xff\xda":
            found = NEXT_MARKER.search(data, end)
            end = found.start() if found else len(data)
        # Adobe's note has one form. A longer one, or another program's, could say anything.
        is_foreign = marker[1] == ADOBE and (
            end - place != ADOBE_LENGTH or data[place + 4 : place + 9] != b"Adobe"
        )
        if marker[1] in JPEG_KEPT and not is_foreign:
            kept.append(data[place:end])
        place = end
        if place == len(data):  # many are cut off just before their end, and yet can be seen
            break
    return b"".join(kept) + b"\xff\xd9"


def count_scans(data):
    """Return how many scans the first picture in the JPEG `data` has. Raises ValueError when it is broken."""
    return strip_jpeg(data).count(b"\xff\xda")


def strip_png(data):
    """Return the PNG `data` with what decoding needs, up to its end. Raises ValueError when broken.

    A chunk is four bytes of length, four of its name, the content, and four of checksum.
    """
    kept, place, name = [PNG_START], len(PNG_START), b""
    while name != b"IEND":
        length, name = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        end = place + 12 + length
        if end > len(data):
            raise ValueError("a broken PNG")
        if name in PNG_KEPT:
            kept.append(data[place:end])
        place = end
    return b"".join(kept)
