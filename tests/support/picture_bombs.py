"""Small pictures that take much memory or time to open. Tests upload them."""

import functools
import struct

from PIL import Image

from tests.support.media_samples import photo, saved

# The number of steps of a colour conversion, and of segments of a JPEG.
MANY = 80_000


def profile_png():
    """Return a PNG of 1 KB whose colour profile has tens of thousands of steps, all of the same bytes."""
    numbers = struct.pack(">12f", 1, 0, 0, 0, 1, 0, 0, 0, 1, 0.1, 0.1, 0.1)
    step = b"matf" + bytes(4) + struct.pack(">2H", 3, 3) + numbers
    # The tag of the type "mpet" (ICC.1) has a head, a table of the place and size of each step, and the step.
    head = b"mpet" + bytes(4) + struct.pack(">2HI", 3, 3, MANY)
    place = len(head) + 8 * MANY
    tag = head + struct.pack(">2I", place, len(step)) * MANY + step
    profile = struct.pack(">4x4sI", b"test", 0x04400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp"
    profile = profile.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)  # the white point D50
    profile = profile.ljust(128, b"\0") + struct.pack(">I4s2I", 1, b"D2B0", 144, len(tag)) + tag
    return saved(photo(64, 64), "PNG", icc_profile=struct.pack(">I", len(profile)) + profile[4:])


@functools.cache
def progressive_jpeg():
    """Return a JPEG of one colour whose scans take time to decode. To encode it takes long too."""
    return saved(Image.new("RGB", (6_000, 4_000)), "JPEG", progressive=True)


def bare_marker_jpeg(marker=b"\xff\x01"):
    """Return a JPEG with more than a thousand scans, behind a marker that has no length.

    The first scan begins with FF DA. A parser that takes these bytes for the marker's length skips all scans.
    """
    data = progressive_jpeg()
    place = data.rindex(b"\xff\xda")
    head, scan = data[:place], data[place:-2]
    length = 0xFFDA
    scans = scan * (length // len(scan))
    return head + marker + (scans + b"\xff\xd9").ljust(length, b"\0") + b"\xff\xd9"


def exif_jpeg():
    """Return a JPEG with tens of thousands of segments of EXIF, which Pillow joins one by one."""
    data = saved(photo(64, 64), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 98) + b"Exif\0\0" + bytes(90)
    return data[:2] + segment * MANY + data[2:]


BOMBS = {"profile.png": profile_png, "bare-marker.jpg": bare_marker_jpeg, "exif.jpg": exif_jpeg}
