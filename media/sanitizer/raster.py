"""Cleans one picture: only its decoded pixels are kept, encoded again in the colours of sRGB.

EXIF (place and time), XMP, IPTC, comments, texts, maker notes, thumbnails, further pictures in the same file
and whatever follows its end are removed.
"""

import io
import math

import PIL.WebPImagePlugin  # noqa: F401 - otherwise Pillow loads the modules of all its formats to find it
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from media.sanitizer import limits
from media.sanitizer.pictures import count_scans
from media.sanitizer.pixels import remove_hidden_colours
from media.sanitizer.reasons import Reason, Refused

# The formats of Pillow that are accepted, besides HEIF.
FORMATS = ("JPEG", "PNG", "WEBP")
# Bytes of memory per pixel at the peak of storing a picture, by format: with up to three channels, and with a
# fourth one (CMYK or transparency).
# Measured with Pillow 13 and pillow-heif 1.8 on the costliest variant of each format: JPEG 7.2 (progressive)
# and 12, PNG 6.4 and 15.8, WebP 16.2 and 20.3, HEIC 9.5 and 12.4. What the values below add is for the file
# itself. The value of a JPEG with three channels adds nothing: 8 would refuse pictures with limits.PIXELS
# pixels, which take 288 MB, less than MAX_MEMORY.
BYTES_PER_PIXEL = {
    "JPEG": (7, 13),
    "MPO": (7, 13),  # a JPEG followed by a second one
    "PNG": (7, 17),
    "WEBP": (19, 24),
    "HEIF": (11, 16),
}
# Bytes of memory that storing one picture may take. A picture with too many pixels for it is refused.
MAX_MEMORY = 300_000_000
# The greatest number of scans of a JPEG. Cameras and programs write 1 to 16. Decoding one of the largest
# picture takes up to 25 ms, so some hundred scans would use up the CPU time that limits.PICTURE allows.
MAX_SCANS = 30
# The most bytes of all texts of a PNG together, which Pillow reads with the header. As Python strings they
# take four times as many.
PngImagePlugin.MAX_TEXT_MEMORY = 4_000_000
# The most pixels of the longer side: twice the width of the largest picture on a page. More would never be
# seen, but the noise of a sensor can identify a camera, and each rendition would take more time and memory.
MAX_SIDE = 2560
# The most bytes of a colour profile. Those of Adobe and Apple for screens have about 500, scanners' up to
# 500,000.
MAX_PROFILE_BYTES = 1_000_000
# With Pillow's own quantization tables for this quality. Those of a camera can identify it.
JPEG_QUALITY = 90


def clean_picture(data):
    """Return the picture `data` without metadata, as bytes.

    The result is a PNG if the picture is a PNG or has transparency, or if it is a lossless WebP without
    metadata, else a JPEG. Raises Refused for an animation or too many pixels, and all kinds of errors of the
    decoders for broken files.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=load_heif() if data[4:8] == b"ftyp" else FORMATS)
    except Image.DecompressionBombError:
        raise Refused(Reason.PIXELS, limits.PIXELS) from None
    check_before_decoding(image, data)
    lossless = image.format == "PNG" or data[12:16] == b"VP8L"  # the first chunk of such a WebP
    return encode(normalise_colours(decode_and_orient(image)), lossless)


def load_heif():
    """Let Pillow open HEIF, and return the name of that format in a tuple."""
    from pillow_heif import register_heif_opener  # loading it takes as long as cleaning a small picture

    # Each thread of the decoder takes address space, of which the process has little.
    register_heif_opener(decode_threads=1)
    return ("HEIF",)


def check_before_decoding(image, data):
    """Raise an error if decoding `image` would take too much memory or time.

    `image`: a Pillow image of which only the header was read. `data`: the bytes of the file.
    Raises Refused for an animation or too many pixels, ValueError for a JPEG with too many scans.
    """
    # Many phones add a second picture to a JPEG or HEIC, for depth or brightness. That is no animation.
    if image.format in {"PNG", "WEBP"} and getattr(image, "is_animated", False):
        raise Refused(Reason.MOVES)
    has_fourth_channel = image.mode == "CMYK" or image.has_transparency_data
    max_pixels = min(limits.PIXELS, MAX_MEMORY // BYTES_PER_PIXEL[image.format][has_fourth_channel])
    if image.width * image.height > max_pixels:
        raise Refused(Reason.PIXELS, max_pixels)
    if image.format in {"JPEG", "MPO"} and count_scans(data) > MAX_SCANS:
        raise ValueError("too many scans")


def decode_and_orient(image):
    """Return `image` decoded with 8 bits per channel, at most MAX_SIDE pixels long, turned as EXIF says."""
    if image.mode in {"1", "P", "PA"} or "transparency" in image.info:
        # Shrinking a palette image would average the palette's indexes, not the colours.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I"):  # greyscale with 16 bits
        image = image.point(lambda value: value / 256).convert("L")
    # With a reducing_gap of 1, the JPEG decoder itself scales the picture down, which saves most memory. With
    # a square as target it would not, if the shorter side of the picture is less than twice the target.
    longest = max(image.size)
    image.thumbnail([math.ceil(side * MAX_SIDE / longest) for side in image.size], reducing_gap=1)
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Broken EXIF is no reason to refuse the picture.
        return image


def normalise_colours(image):
    """Return `image` in mode L, RGB or RGBA, and in sRGB: a colour profile can identify a device."""
    icc, mode = image.info.get("icc_profile"), {"L": "L", "LA": "RGBA", "RGBA": "RGBA"}.get(image.mode, "RGB")
    # ImageCms would read the pixels of a picture in mode LA as if they had no alpha.
    if not icc or len(icc) > MAX_PROFILE_BYTES or image.mode == "LA":
        return image.convert(mode)
    try:
        profile, colour = ImageCms.ImageCmsProfile(io.BytesIO(icc)), "RGB" if mode == "L" else mode
        return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode=colour)
    except (OSError, ImageCms.PyCMSError):  # The profile is broken, or for another kind of picture.
        return image.convert(mode)


def encode(image, lossless):
    """Return `image` as the bytes of a PNG or JPEG file without metadata."""
    transparent = image.mode == "RGBA"
    if transparent:
        # Pixels that an editor erased are often still in the file, only transparent.
        image = remove_hidden_colours(image)
    image.info = {}
    output = io.BytesIO()
    if lossless or transparent:
        image.save(output, "PNG")
        return output.getvalue()
    image.save(output, "JPEG", quality=JPEG_QUALITY)
    return output.getvalue()
