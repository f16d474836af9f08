"""Removes metadata from the JPEG files in PDFs, which are not encoded again.

The PDF says how its pictures are rotated and which colours they have, so their data must stay the same.
"""

import re

# The marker of Adobe's segment about colours (APP14), and its length with the marker, in bytes.
ADOBE, ADOBE_LENGTH = 0xEE, 16
# Markers without a length and content: TEM, and restarts.
BARE_MARKERS = {0x01, *range(0xD0, 0xD8)}
# Markers of the segments that stay: tables, frames, scans and ADOBE; no other APP segment, and no comment. C8
# is reserved, and CC only serves arithmetic coding.
JPEG_MARKERS = {0xC4, 0xDA, 0xDB, 0xDC, 0xDD, ADOBE} | (set(range(0xC0, 0xD0)) - {0xC8, 0xCC})
# The marker that ends the compressed data of a scan: FF, but not stuffing (00), a restart (D0 to D7) or
# padding.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


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
