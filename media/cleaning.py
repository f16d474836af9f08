"""Makes a picture safe to keep: what the eye sees is encoded anew, and nothing else stays.

Gone are EXIF with place and time, XMP, IPTC, comments, texts, maker notes, thumbnails, further
pictures in the same file, and whatever follows its end. The name of what is clean is by chance, and
ends in a seal, a keyed hash of its bytes: so it is known again wherever it comes back from, and never
encoded twice.
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

pillow_heif.register_heif_opener()

CLEAN_SUFFIXES = {".jpg", ".png"}
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# Storing a picture takes this many bytes of memory for each of its pixels at the peak: with three
# colours, and with a fourth or transparency. One that would take more than MEMORY is refused.
# Measured with Pillow 13 and pillow-heif 1.8 at the costliest of each kind: JPEG 7.2 (progressive) and
# 12, PNG 6.4 and 15.8, WebP 16.2 and 20.3, HEIC 9.5 and 12.4. The rest is for the file itself.
BYTES_A_PIXEL = {
    "JPEG": (7, 13),
    "MPO": (7, 13),  # a JPEG with a second one behind it
    "PNG": (7, 17),
    "WEBP": (19, 24),
    "HEIF": (11, 16),
}
MEMORY = 300_000_000
# Scans of a JPEG. Cameras and programs write 1 to 16. Each takes up to 25 ms of the largest picture, so a
# file with some thousand would keep a worker busy for minutes.
MOST_SCANS = 30
# Bytes of all texts of a PNG together, which Pillow opens with the head; in Python four times as many.
PngImagePlugin.MAX_TEXT_MEMORY = 4_000_000
# Twice the width of the largest picture on a page. Of more nothing would ever be seen, but the noise
# of its sensor can name a camera, and each rendition would take its time and memory.
LONGEST_SIDE = 2560
# Pillow's own tables for this quality, so that no camera is known by its way of compressing.
JPEG_QUALITY = 90

# Adobe's and Apple's profiles for screens have about 500 bytes, scanners' up to some hundred thousand.
LONGEST_PROFILE = 1_000_000
COLOUR_TAGS = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"chad")
MOST_TAGS = 100


def clean_picture(file, name):
    """Return the picture in `file`, an open file that is called `name`, as a clean ContentFile.

    It is a PNG if it was one, was lossless or has transparency, else a JPEG. Raises ValidationError,
    in an editor's words, when the file is no picture, is broken, moves, or is too large.
    """
    data = read_bounded(file, settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE)
    path = PurePath(name)
    if path.suffix in CLEAN_SUFFIXES and is_sealed(data, name):
        return ContentFile(data, name=path.name)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        check_before_decoding(image, data)
        lossless = image.format == "PNG" or data[12:16] == b"VP8L"
        image, profile = settle_colours(upright(image))
        return encode(image, profile, lossless)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(too_many_pixels(settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS)) from None
    except Exception as error:  # decoders raise all kinds on a broken file
        raise ValidationError(
            _(
                "This can't be read as a picture. It may be damaged, or of a kind that isn't used here: "
                "save it as JPEG or PNG and try again."
            )
        ) from error


def read_bounded(file, most):
    """Return the bytes of `file`. Raises ValidationError when they are more than `most`."""
    file.seek(0)
    data = file.read(most + 1)
    if len(data) > most:
        raise ValidationError(_("This file is too large: %(most)s at most.") % {"most": filesizeformat(most)})
    return data


# --- The seal ------------------------------------------------------------------------------------


def sealed(data, suffix):
    """Return the clean bytes `data` as a ContentFile whose name vouches for them, and tells nothing."""
    chance = secrets.token_hex(8)
    return ContentFile(data, name=f"{chance}{_seal(chance, data, suffix, settings.SECRET_KEY)}{suffix}")


def is_sealed(data, name):
    """Return whether `data` came out of the cleaning, by the `name` that it then got."""
    path = PurePath(name)
    chance, seal = path.stem[:16], path.stem[16:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(seal, _seal(chance, data, path.suffix, key)) for key in keys)


def _seal(chance, data, suffix, key):
    # The suffix is in it, so that what is clean as text is not taken for a clean PDF.
    salt = f"media.cleaning{suffix}{chance}"
    return salted_hmac(salt, data, secret=key, algorithm="sha256").hexdigest()[:16]


# --- What is in a picture ------------------------------------------------------------------------


def check_before_decoding(image, data):
    """Raise an error when decoding `image`, of whose `data` only the head was read, would take too much.

    ValidationError for a picture that moves or is too large, ValueError for a JPEG of too many scans.
    """
    # Many phones add a second picture to a JPEG or HEIC, for depth or brightness: no animation.
    if image.format in {"PNG", "WEBP"} and getattr(image, "is_animated", False):
        raise ValidationError(_("This picture moves. Save one still picture of it, and use that."))
    most = most_pixels(image)
    if image.width * image.height > most:
        raise ValidationError(too_many_pixels(most))
    if image.format in {"JPEG", "MPO"} and count_scans(data) > MOST_SCANS:
        raise ValueError("too many scans")


def most_pixels(image):
    """Return how many pixels a picture of the kind of `image` may have."""
    four = image.mode == "CMYK" or image.has_transparency_data
    return min(settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS, MEMORY // BYTES_A_PIXEL[image.format][four])


def too_many_pixels(most):
    return _(
        "This picture has too many pixels: %(millions)s million at most. Make it smaller and try again."
    ) % {"millions": most // 1_000_000}


def upright(image):
    """Return `image` decoded, in 8 bits a colour, no larger than LONGEST_SIDE, the right way up."""
    if image.mode in {"1", "P", "PA"} or "transparency" in image.info:
        # Shrinking would mix up the numbers of colours, not the colours.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode.startswith("I"):  # grey in 16 bits
        image = image.point(lambda value: value / 256).convert("L")
    # The gap of 1 lets the JPEG decoder itself make the picture smaller, which saves most memory. It
    # would not with a square to fit in, when the shorter side is less than twice as long as that.
    longest = max(image.size)
    image.thumbnail([math.ceil(side * LONGEST_SIDE / longest) for side in image.size], reducing_gap=1)
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # its EXIF is broken: no reason to refuse the picture
        return image


def settle_colours(image):
    """Return `image` in mode L, RGB or RGBA, and the colour profile (bytes) that it needs, or None."""
    icc = image.info.get("icc_profile")
    mode = {"L": "L", "LA": "RGBA", "RGBA": "RGBA"}.get(image.mode, "RGB")
    if not icc or len(icc) > LONGEST_PROFILE or image.mode == "LA":
        return image.convert(mode), None
    if image.mode in {"RGB", "RGBA"}:
        if is_srgb(icc):
            return image, None
        if profile := bare_profile(icc):
            return image, profile
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        screen = ImageCms.createProfile("sRGB")
        colour = "RGB" if mode == "L" else mode
        return ImageCms.profileToProfile(image, profile, screen, outputMode=colour), None
    except (OSError, ImageCms.PyCMSError):  # broken, or of another kind of picture
        return image.convert(mode), None


def is_srgb(icc):
    """Return whether the profile `icc` changes no colour: then it needn't be in every picture."""
    sample = Image.linear_gradient("L").resize((64, 64))
    sample = Image.merge("RGB", (sample, sample.rotate(90), sample.rotate(45)))
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        shown = ImageCms.profileToProfile(sample, profile, ImageCms.createProfile("sRGB"))
    except (OSError, ImageCms.PyCMSError):
        return False
    differences = zip(sample.tobytes(), shown.tobytes(), strict=True)
    return all(abs(before - after) <= 2 for before, after in differences)


def bare_profile(icc):
    """Return the profile `icc` with what colours need and no word or date; None if it isn't simple.

    ICC.1:2022: a head of 128 bytes, the number of tags, and for each its name, place and length.
    """
    head, tags = icc[:128], {}
    if len(icc) < 132 or head[16:20] != b"RGB " or head[36:40] != b"acsp":
        return None
    for number in range(min(int.from_bytes(icc[128:132]), MOST_TAGS)):
        entry = icc[132 + 12 * number : 144 + 12 * number]
        tag, place, length = struct.unpack(">4sII", entry.ljust(12, b"\0"))
        if tag in COLOUR_TAGS:
            tags[tag] = icc[place : place + length]
    if not set(COLOUR_TAGS[:7]) <= set(tags):
        return None
    # Version, class, colours (8 to 24), the signature, the intent and the light (64 to 80) stay.
    head = bytes(8) + head[8:24] + bytes(12) + b"acsp" + bytes(24) + head[64:80] + bytes(48)
    table, body = len(tags).to_bytes(4), b""
    for tag, value in tags.items():
        table += struct.pack(">4sII", tag, 132 + 12 * len(tags) + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    icc = head + table + body
    return len(icc).to_bytes(4) + icc[4:]


def encode(image, profile, lossless):
    """Return `image` as a sealed PNG or JPEG file with the colour `profile` and nothing more."""
    transparent = image.mode == "RGBA"
    if transparent:
        # What was rubbed out in a picture is often still there, only invisible.
        invisible = image.getchannel("A").point(lambda alpha: 255 if alpha == 0 else 0)
        image.paste((0, 0, 0, 0), mask=invisible)
    image.info = {}
    output = io.BytesIO()
    if lossless or transparent:
        image.save(output, "PNG", icc_profile=profile)
        return sealed(output.getvalue(), ".png")
    image.save(output, "JPEG", quality=JPEG_QUALITY, icc_profile=profile)
    return sealed(output.getvalue(), ".jpg")
