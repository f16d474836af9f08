"""Uploads that are no pictures, or are broken or malicious, are refused with an error of the form's field.

The names in BAD only say what a file pretends to be: the sanitizer doesn't get the name of a file.
"""

import functools
import io
import struct
import time
import zlib

import pytest
from PIL import Image
from wagtail.models import UploadedFile

from media import process
from media.models import CleanImage
from media.sanitizer import __main__, limits, pictures, raster
from media.sanitizer.reasons import Reason, Refused
from tests.support import memory, picture_bombs, uploading
from tests.support.media_samples import SUFFIXES, find_planted, photo, picture_with_metadata, saved, zipped

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def frames(number):
    """Return `number` pictures, each in a colour of its own, because Pillow joins equal frames.

    In steps of 85, because lossy WebP makes shades equal that differ by 1.
    """
    return [Image.new("RGB", (8, 8), (shade * 85 % 256, shade // 256, 0)) for shade in range(number)]


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, *chunks, depth=1, colour=0, rows=b""):
    """Return a PNG whose header says `width` and `height`, with any `rows` and `chunks`.

    `depth`: bits of a channel. `colour`: 0 for grey, 6 for RGB with alpha. A row is a byte for its filter,
    followed by the pixels.
    """
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", zlib.compress(rows, 1)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def flat_png(side):
    """Return a valid PNG of `side` by `side` black pixels, a bit each: small as a file, large in memory."""
    return png(side, side, rows=bytes((side + 7) // 8 + 1) * side)


@functools.cache
def packed_zeros():
    """Return the content of a compressed chunk that unpacks to 400 MiB. It begins with the name "a"."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)  # without the header and the checksum of the whole
    mebi = packer.compress(bytes(MEBI)) + packer.flush(zlib.Z_FULL_FLUSH)  # refers to nothing before it
    checksum = functools.reduce(lambda value, _number: zlib.adler32(bytes(MEBI), value), range(400), 1)
    # After the name: the number 0 of the method, and the header of the whole.
    return b"a\0\0\x78\x9c" + mebi * 400 + packer.flush() + checksum.to_bytes(4)


def wide_texts():
    """Return 60 text chunks, each of a million characters that take four bytes each in Python."""
    words = zlib.compress("\U0001f4f7".encode() + b" " * 1_000_000)
    # After the number, which is the name: compressed (1), by method 0, with neither language nor translation.
    return [chunk(b"iTXt", b"%d\0\1\0\0\0" % number + words) for number in range(60)]


def heic_that_claims(width, height):
    data = saved(photo(), "HEIF")
    place = data.index(b"ispe") + 8  # The name of the box, its version and flags come before the size.
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def jpeg_that_claims(width, height, mode="RGB"):
    data = saved(photo().convert(mode), "JPEG")
    place = data.index(b"\xff\xc0") + 5  # A marker, a length and the depth come before the size.
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def jpeg_of_scans(picture_format="JPEG", **options):
    """Return a progressive JPEG whose last scan is repeated until there are more than MAX_SCANS."""
    data = saved(photo(), picture_format, progressive=True, **options)
    # FFDA begins a scan, and FFD9 ends a JPEG.
    end = data.index(b"\xff\xd9")
    return data[:end] + data[data.rindex(b"\xff\xda", 0, end) : end] * raster.MAX_SCANS + data[end:]


def animated(picture_format, number=2, **options):
    first, *others = frames(number)
    return saved(first, picture_format, save_all=True, append_images=others, **options)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MEBI = 1024 * 1024
# {file name: function that returns the file}
BAD = {
    "empty.jpg": lambda: b"",
    "page.jpg": lambda: b"<!doctype html><script>alert(1)</script>",
    "program.png": lambda: b"<?php system($_GET['x']);",
    "script.webp": lambda: b"alert(document.cookie)",
    "drawing.svg": lambda: SVG,
    "gif-and-jar.jpg": lambda: saved(photo(8, 8), "GIF") + zipped(),
    "program.jpg": lambda: b"MZ" + bytes(500),
    "archive.heic": zipped,
    "moving-long.png": lambda: animated("PNG", 3_000),
    "bomb-20000.png": lambda: flat_png(20_000),
    "bomb-4-billion.png": lambda: png(2**31 - 1, 2**31 - 1, rows=b"\0"),
    # Formats whose decoders take several times the memory, in sizes that other formats may have.
    "bomb.webp": lambda: saved(Image.new("L", (7_000, 5_000)), "WEBP", lossless=True),
    "bomb-transparent.png": lambda: png(7_000, 5_000, depth=8, colour=6, rows=bytes(4 * 7_000 + 1) * 5_000),
    "bomb.heic": lambda: heic_that_claims(7_000, 5_000),
    "bomb-print.jpg": lambda: jpeg_that_claims(7_000, 5_000, "CMYK"),
    "bomb-scans.jpg": jpeg_of_scans,
    "bomb-scans-and-second.jpg": lambda: jpeg_of_scans("MPO", save_all=True, append_images=[photo()]),
    "bomb.jpg": lambda: jpeg_that_claims(60_000, 60_000),
    "bomb-text.png": lambda: png(1, 1, chunk(b"zTXt", packed_zeros()), rows=b"\0\0"),
    "bomb-texts.png": lambda: png(6_000, 6_000, *wide_texts(), rows=bytes(6_000 // 8 + 1) * 6_000),
    "bomb-profile.png": lambda: png(1, 1, chunk(b"iCCP", packed_zeros()), rows=b"\0\0"),
    "nothing-in-it.png": lambda: png(0, 0),
    "short.png": lambda: png(900, 900, rows=b"\0"),
    # These begin as files of their formats do.
    "random.jpg": lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20,
    "random.png": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "random.webp": lambda: b"RIFF\0\x14\0\0WEBPVP8 " + bytes(range(256)) * 20,
    "random.heic": lambda: b"\0\0\0\x20ftypheic" + bytes(range(256)) * 20,
}  # fmt: skip
for kind in ("AVIF", "GIF", "TIFF", "BMP", "ICO", "PDF", "EPS"):
    BAD[f"still.{kind}"] = lambda kind=kind: saved(photo(32, 32), kind)
for kind in ("GIF", "PNG", "WEBP"):
    BAD[f"moving.{kind}"] = lambda kind=kind: animated(kind)
for suffix in SUFFIXES:
    whole = picture_with_metadata(suffix, trailing=False)  # without the ZIP file after its end
    for tenth in (1, 5, 9):
        BAD[f"cut-{tenth}.{suffix}"] = functools.partial(bytes, whole[: len(whole) * tenth // 10])


# {file name: (why the sanitizer refuses it, how many pixels it may have)}, of those that are not just broken.
# The pixels are limits.PIXELS, or what MAX_MEMORY of media/sanitizer/raster.py allows for a format.
REASONS = {
    **dict.fromkeys(["moving.PNG", "moving-long.png", "moving.WEBP"], (Reason.MOVES, 0)),
    **{f"bomb{kind}": (Reason.PIXELS, 40_000_000) for kind in ("-20000.png", "-4-billion.png", ".jpg")},
    "bomb.webp": (Reason.PIXELS, 15_789_473),
    "bomb-transparent.png": (Reason.PIXELS, 17_647_058),
    "bomb.heic": (Reason.PIXELS, 27_272_727),
    "bomb-print.jpg": (Reason.PIXELS, 23_076_923),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused(name):
    """The sanitizer runs in the process of the test, because to start another one takes most of the time."""
    data = BAD[name]()
    with memory.bounded_memory(), pytest.raises(Refused) as raised:
        __main__.clean(io.BytesIO(data), "picture")
    assert (raised.value.reason, raised.value.number) == REASONS.get(name, (Reason.BROKEN, 0))


def test_bad_file_is_an_error_of_the_field(editor, media_root):
    """Each form has the same field. The words say what to do. 15.0 are the MB that an upload may have."""
    too_large = saved(photo(), "JPEG") + bytes(15 * MEBI)
    for way, name, data, words in (
        ("add", "drawing.svg", SVG, "JPEG or PNG"),
        ("add", "too-large.jpg", too_large, "15.0"),
        ("several", "moving.webp", animated("WEBP"), "moves"),
        ("several", "empty.jpg", b"", "empty"),
        ("chooser", "bomb.png", flat_png(11_000), "40 million"),
    ):
        with memory.bounded_memory():
            assert words in uploading.upload(editor, name, data, way=way), name
    assert not CleanImage.objects.exists()
    assert not UploadedFile.objects.exists()
    assert list(media_root.rglob("*")) == []


@pytest.mark.parametrize("name", picture_bombs.BOMBS)
def test_picture_bomb_takes_no_time_of_the_worker(name, editor, monkeypatch):
    monkeypatch.setattr(process, "LIMITS", {"picture": limits.LIMITS["picture"]._replace(seconds=0.5)})
    data = picture_bombs.BOMBS[name]()
    start = time.process_time()  # of this process, the worker, and not of the sanitizer's
    assert "can't be read" in uploading.upload(editor, name, data)
    assert time.process_time() - start < 2


def test_scans_behind_a_marker_without_length_are_counted_unless_decoders_pass_over_it():
    for marker in (b"\xff\x01", b"\xff\xd3"):
        assert pictures.count_scans(picture_bombs.bare_marker_jpeg(marker)) > raster.MAX_SCANS, marker
    with pytest.raises(ValueError, match="broken"):
        pictures.count_scans(picture_bombs.bare_marker_jpeg(b"\xff\x00"))


HOSTILE_NAMES = ["../../../etc/passwd.png", "..\\..\\windows\\win.png", "a" * 300 + ".png", "name\0.png"]
HOSTILE_NAMES += ["no-suffix", "photo.png.php", ".png"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_name_and_type_of_the_upload_are_not_used(name, editor, media_root):
    """Only the picture is stored. Its name, and the format that the name claims, are ignored."""
    assert not uploading.upload(editor, name, picture_with_metadata("png"))
    files = [path for path in media_root.rglob("*") if path.is_file()]
    assert [path.parent.name for path in files] == ["original_images"]
    assert [(len(path.stem), path.suffix) for path in files] == [(32, ".png")]
    assert find_planted(files[0].read_bytes()) == []
