"""Cleans uploaded pictures: only the decoded pixels are kept, encoded again, with a colour profile if needed.

EXIF (place and time), XMP, IPTC, comments, texts, maker notes, thumbnails, further pictures in the same file
and whatever follows its end are removed.

The file name of a cleaned file is a random nonce and a signature, a keyed hash of the bytes. A file with a
valid signature has been cleaned by this site before, and is not encoded a second time.
"""

import io
import math
import secrets
import struct
from pathlib import PurePath

import pillow_heif
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from media.sanitizer.pictures import count_scans
from media.sanitizer.pixels import remove_hidden_colours

pillow_heif.register_heif_opener()

# The suffixes of cleaned pictures.
CLEAN_SUFFIXES = {".jpg", ".png"}
# The formats of Pillow that are accepted.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# Bytes of memory per pixel at the peak of storing a picture, by format: with up to three channels, and with a
# fourth one (CMYK or transparency).
# Measured with Pillow 13 and pillow-heif 1.8 on the costliest variant of each format: JPEG 7.2 (progressive)
# and 12, PNG 6.4 and 15.8, WebP 16.2 and 20.3, HEIC 9.5 and 12.4. The rest is for the file itself.
BYTES_PER_PIXEL = {
    "JPEG": (7, 13),
    "MPO": (7, 13),  # a JPEG followed by a second one
    "PNG": (7, 17),
    "WEBP": (19, 24),
    "HEIF": (11, 16),
}
# Bytes of memory that storing one picture may take. A picture with too many pixels for it is refused.
MAX_MEMORY = 300_000_000
# Scans of a JPEG. Cameras and programs write 1 to 16. Decoding one of the largest picture takes up to 25 ms,
# so a file with some thousand scans would block a worker for minutes.
MAX_SCANS = 30
# Bytes of all texts of a PNG together, which Pillow reads with the header. As Python strings they take four
# times as many.
PngImagePlugin.MAX_TEXT_MEMORY = 4_000_000
# Pixels of the longer side: twice the width of the largest picture on a page. More would never be seen, but
# the noise of a sensor can identify a camera, and each rendition would take more time and memory.
MAX_SIDE = 2560
# With Pillow's own quantization tables for this quality. Those of a camera can identify it.
JPEG_QUALITY = 90

# Bytes of a colour profile. Those of Adobe and Apple for screens have about 500, scanners' up to 500,000.
MAX_PROFILE_BYTES = 1_000_000
# The tags of an RGB profile that define its colours (ICC.1:2022). The last one is optional.
COLOUR_TAGS = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"chad")
# Tags that are read of a profile.
MAX_TAGS = 100


def clean_picture(file, name):
    """Return the picture in the open file `file` as a ContentFile without metadata.

    `name`: the name of the file. The result is a PNG if the picture is a PNG, is lossless or has
    transparency, else a JPEG. Raises ValidationError, with a message for editors, if the file is not a
    picture, is broken, is animated or is too large.
    """
    data = read_bounded(file, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
    path = PurePath(name)
    if path.suffix in CLEAN_SUFFIXES and is_signed(data, name):
        return ContentFile(data, name=path.name)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        check_before_decoding(image, data)
        lossless = image.format == "PNG" or data[12:16] == b"VP8L"
        image, profile = normalise_colours(decode_and_orient(image))
        return encode(image, profile, lossless)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(too_many_pixels(settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS)) from None
    except Exception as error:  # Decoders raise all kinds of exceptions on broken files.
        raise ValidationError(
            _(
                "This can't be read as a picture. It may be damaged, or of a kind that isn't used here: "
                "save it as JPEG or PNG and try again."
            )
        ) from error


def read_bounded(file, max_bytes):
    """Return the bytes of `file`. Raises ValidationError if there are more than `max_bytes`."""
    file.seek(0)
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValidationError(
            _("This file is too large: %(most)s at most.") % {"most": filesizeformat(max_bytes)}
        )
    return data


# --- Signed file names ---------------------------------------------------------------------------


def sign(data, suffix):
    """Return the cleaned bytes `data` as a ContentFile: 16 hex digits of nonce, 16 of signature, `suffix`."""
    nonce = secrets.token_hex(8)
    return ContentFile(data, name=f"{nonce}{_signature(nonce, data, suffix, settings.SECRET_KEY)}{suffix}")


def is_signed(data, name):
    """Return whether `name` has a valid signature of `data`, so `data` was cleaned by this site."""
    path = PurePath(name)
    nonce, signature = path.stem[:16], path.stem[16:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(signature, _signature(nonce, data, path.suffix, key)) for key in keys)


def _signature(nonce, data, suffix, key):
    # The suffix is signed too: bytes that were cleaned as text could be a PDF.
    salt = f"media.cleaning{suffix}{nonce}"
    return salted_hmac(salt, data, secret=key, algorithm="sha256").hexdigest()[:16]


# --- Pixels and colours --------------------------------------------------------------------------


def check_before_decoding(image, data):
    """Raise an error if decoding `image` would take too much memory or time.

    `image`: a Pillow image of which only the header was read. `data`: the bytes of the file.
    Raises ValidationError for an animation or too many pixels, ValueError for a JPEG with too many scans.
    """
    # Many phones add a second picture to a JPEG or HEIC, for depth or brightness. That is no animation.
    if image.format in {"PNG", "WEBP"} and getattr(image, "is_animated", False):
        raise ValidationError(_("This picture moves. Save one still picture of it, and use that."))
    max_pixels = get_max_pixels(image)
    if image.width * image.height > max_pixels:
        raise ValidationError(too_many_pixels(max_pixels))
    if image.format in {"JPEG", "MPO"} and count_scans(data) > MAX_SCANS:
        raise ValueError("too many scans")


def get_max_pixels(image):
    """Return how many pixels a picture with the format and mode of `image` may have."""
    has_fourth_channel = image.mode == "CMYK" or image.has_transparency_data
    bytes_per_pixel = BYTES_PER_PIXEL[image.format][has_fourth_channel]
    return min(settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS, MAX_MEMORY // bytes_per_pixel)


def too_many_pixels(max_pixels):
    """Return the message for editors."""
    return _(
        "This picture has too many pixels: %(millions)s million at most. Make it smaller and try again."
    ) % {"millions": max_pixels // 1_000_000}


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
    """Return `image` in mode L, RGB or RGBA, and the bytes of the colour profile that it needs, or None."""
    icc = image.info.get("icc_profile")
    mode = {"L": "L", "LA": "RGBA", "RGBA": "RGBA"}.get(image.mode, "RGB")
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

    None for a profile of another kind, such as one with look-up tables. ICC.1:2022: a profile is a header of
    128 bytes, the number of tags, then the name, offset and length of each tag.
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
    # Bytes 8 to 24 are the version, the class and the colour space; 64 to 80 the intent and the illuminant.
    header = bytes(8) + header[8:24] + bytes(12) + b"acsp" + bytes(24) + header[64:80] + bytes(48)
    table, body = len(tags).to_bytes(4), b""
    for tag, value in tags.items():
        table += struct.pack(">4sII", tag, 132 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    icc = header + table + body
    return len(icc).to_bytes(4) + icc[4:]


def encode(image, profile, lossless):
    """Return `image` as a signed PNG or JPEG file with the colour `profile` and no other metadata."""
    transparent = image.mode == "RGBA"
    if transparent:
        # Pixels that an editor erased are often still in the file, only transparent.
        image = remove_hidden_colours(image)
    image.info = {}
    output = io.BytesIO()
    if lossless or transparent:
        image.save(output, "PNG", icc_profile=profile)
        return sign(output.getvalue(), ".png")
    image.save(output, "JPEG", quality=JPEG_QUALITY, icc_profile=profile)
    return sign(output.getvalue(), ".jpg")
