"""Reduces the colour profiles of pictures to what defines their colours, or applies them."""

import io
import struct

from PIL import Image, ImageCms

# The most bytes of a colour profile. Those of Adobe and Apple for screens have about 500, scanners' up to
# 500,000.
MAX_PROFILE_BYTES = 1_000_000
# The tags of an RGB profile that define its colours (ICC.1:2022). The last one is optional.
COLOUR_TAGS = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"chad")
# How many tags of a profile are read at most.
MAX_TAGS = 100


def normalise_colours(image):
    """Return `image` in mode L, RGB or RGBA, and the bytes of the colour profile that it needs, or None."""
    icc = image.info.get("icc_profile")
    mode = {"L": "L", "LA": "RGBA", "RGBA": "RGBA"}.get(image.mode, "RGB")
    # ImageCms would read the pixels of a picture in mode LA as if they had no alpha.
    if not icc or len(icc) > MAX_PROFILE_BYTES or image.mode == "LA":
        return image.convert(mode), None
    if image.mode in {"RGB", "RGBA"}:
        if is_srgb(icc):
            return image, None
        if profile := strip_profile(icc):
            return image, profile
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        screen = ImageCms.createProfile("sRGB")
        colour = "RGB" if mode == "L" else mode
        return ImageCms.profileToProfile(image, profile, screen, outputMode=colour), None
    except (OSError, ImageCms.PyCMSError):  # The profile is broken, or for another kind of picture.
        return image.convert(mode), None


def is_srgb(icc):
    """Return whether the profile `icc` is sRGB, up to rounding, so a picture can do without it."""
    sample = Image.linear_gradient("L").resize((64, 64))
    sample = Image.merge("RGB", (sample, sample.rotate(90), sample.rotate(45)))
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        shown = ImageCms.profileToProfile(sample, profile, ImageCms.createProfile("sRGB"))
    except (OSError, ImageCms.PyCMSError):
        return False
    differences = zip(sample.tobytes(), shown.tobytes(), strict=True)
    return all(abs(before - after) <= 2 for before, after in differences)


def strip_profile(icc):
    """Return the RGB profile `icc` with its COLOUR_TAGS alone, without texts and dates.

    None for a profile of another kind, such as one with look-up tables alone. ICC.1:2022: a profile is a
    header of 128 bytes, the number of tags, then the name, offset and length of each tag.
    """
    header, tags = icc[:128], {}
    if len(icc) < 132 or header[16:20] != b"RGB " or header[36:40] != b"acsp":
        return None
    for number in range(min(int.from_bytes(icc[128:132]), MAX_TAGS)):
        entry = icc[132 + 12 * number : 144 + 12 * number]
        tag, offset, length = struct.unpack(">4sII", entry.ljust(12, b"\0"))
        if tag in COLOUR_TAGS:
            tags[tag] = icc[offset : offset + length]
    if not set(COLOUR_TAGS[:7]) <= set(tags):
        return None
    # Bytes 8 to 24 are the version, the class and the colour spaces; 64 to 80 the intent and the illuminant.
    header = bytes(8) + header[8:24] + bytes(12) + b"acsp" + bytes(24) + header[64:80] + bytes(48)
    # Tags begin at multiples of 4 bytes. The first 4 bytes of a profile are its length.
    table, body = len(tags).to_bytes(4), b""
    for tag, value in tags.items():
        table += struct.pack(">4sII", tag, 132 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    icc = header + table + body
    return len(icc).to_bytes(4) + icc[4:]
