"""Compares pictures by what they show: a copy in another size or format has other bytes and the same look.

The look of a picture is a difference hash: a bit for each of 64 pairs of neighbours in the picture of 9 by 8
pixels, which says whether it gets brighter there.
"""

from PIL import Image

# The most bits in which the looks of a picture and of its copy differ. Those of others differ in about 32.
MOST = 4


def look_of(file):
    """Return the look of the cleaned picture in the open `file` as 16 hex digits.

    It is "" for a picture that can't be read, and for one that gets brighter nowhere, such as one colour.
    """
    try:
        file.seek(0)
        image = Image.open(file, formats=["JPEG", "PNG"])
        image.draft("L", (72, 64))  # A JPEG is decoded much faster to a smaller size.
        pixels = image.convert("L").resize((9, 8)).tobytes()
    except Exception:  # Pillow raises all kinds of errors for broken files.
        return ""
    bits = [pixels[place] < pixels[place + 1] for place in range(71) if place % 9 < 8]
    return f"{int(''.join(map(str, map(int, bits))), 2):016x}" if any(bits) else ""


def is_like(look, others):
    """Return whether `look` is about the same as one of `others`. "" is like no other."""
    return bool(look) and any((int(look, 16) ^ int(each, 16)).bit_count() <= MOST for each in others if each)
