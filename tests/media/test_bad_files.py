"""Files that are no pictures, or broken, or made to harm: an error beside the field, and nothing else."""

import functools
import struct
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.models import UploadedFile

from media.models import CleanImage
from tests.support.media_samples import SUFFIXES, marks_in, photo, saved, telling_picture, zipped

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("store")]

MOST_MEMORY = 300_000_000


def frames(number, size=(8, 8)):
    return [Image.new("RGB", size, (shade * 85 % 256, shade // 256, 0)) for shade in range(number)]


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, *chunks, depth=1, colour=0, rows=b""):
    """Return a PNG with a head that claims `width` and `height`, whatever follows."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def flat_png(side):
    """Return a real picture of `side` by `side`, of one colour: a few kilobytes, and a lot of memory."""
    return png(side, side, rows=bytes((side + 7) // 8 + 1) * side)


@functools.cache
def full_of_nothing():
    """Return what a compressed chunk holds that is 400 MiB when it is opened."""
    packer = zlib.compressobj()
    return b"a\0\0" + b"".join([packer.compress(bytes(MEBI)) for _ in range(400)]) + packer.flush()


def wide_texts():
    """Return the chunks of 60 texts, each of a million letters that take four bytes in Python."""
    words = zlib.compress("\U0001f4f7".encode() + b" " * 1_000_000)
    return [chunk(b"iTXt", b"%d\0\1\0\0\0" % number + words) for number in range(60)]


def heic_that_claims(width, height):
    data = saved(photo(), "HEIF")
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def jpeg_that_claims(width, height, mode="RGB"):
    data = saved(photo().convert(mode), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def jpeg_of_scans(number):
    """Return a progressive JPEG whose last scan is there `number` times more."""
    data = saved(photo(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * number + data[-2:]


def animated(picture_format, number=2, **options):
    first, *others = frames(number)
    return saved(first, picture_format, save_all=True, append_images=others, **options)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MEBI = 1024 * 1024
BAD = {
    "empty.jpg": lambda: b"",
    "page.jpg": lambda: b"<!doctype html><script>alert(1)</script>",
    "program.png": lambda: b"<?php system($_GET['x']);",
    "script.webp": lambda: b"alert(document.cookie)",
    "drawing.svg": lambda: SVG,
    "drawing.png": lambda: SVG,
    "still.avif": lambda: saved(photo(), "AVIF", speed=10),
    "avif.heic": lambda: saved(photo(), "AVIF", speed=10),
    "still.gif": lambda: saved(photo(), "GIF"),
    "gif.png": lambda: saved(photo(), "GIF"),
    "moving.gif": lambda: animated("GIF"),
    "gif-and-jar.jpg": lambda: saved(photo(8, 8), "GIF") + zipped(),
    "scan.tiff": lambda: saved(photo(), "TIFF"),
    "scan.jpg": lambda: saved(photo(), "TIFF"),
    "bitmap.bmp": lambda: saved(photo(), "BMP"),
    "icon.ico": lambda: saved(photo(32, 32), "ICO"),
    "paper.jpg": lambda: saved(photo(), "PDF"),
    "vector.eps": lambda: saved(photo(8, 8), "EPS"),
    "program.jpg": lambda: b"MZ" + bytes(500),
    "archive.heic": zipped,
    "moving.png": lambda: animated("PNG"),
    "moving-long.png": lambda: animated("PNG", 10_000),
    "moving.webp": lambda: animated("WEBP"),
    "bomb-20000.png": lambda: flat_png(20_000),
    "bomb-11000.png": lambda: flat_png(11_000),
    "bomb-4-billion.png": lambda: png(2**31 - 1, 2**31 - 1, rows=b"\0"),
    # Of a size that others may have, but their decoders take several times the memory.
    "bomb.webp": lambda: saved(Image.new("L", (7_000, 5_000)), "WEBP", lossless=True, method=0),
    "bomb-transparent.png": lambda: png(7_000, 5_000, depth=8, colour=6, rows=bytes(4 * 7_000 + 1) * 5_000),
    "bomb.heic": lambda: heic_that_claims(7_000, 5_000),
    "bomb-print.jpg": lambda: jpeg_that_claims(7_000, 5_000, "CMYK"),
    "bomb-scans.jpg": lambda: jpeg_of_scans(40),
    "bomb.jpg": lambda: jpeg_that_claims(60_000, 60_000),
    "bomb-text.png": lambda: png(1, 1, chunk(b"zTXt", full_of_nothing()), rows=b"\0\0"),
    "bomb-texts.png": lambda: png(6_000, 6_000, *wide_texts(), rows=bytes(751) * 6_000),
    "bomb-profile.png": lambda: png(1, 1, chunk(b"iCCP", full_of_nothing()), rows=b"\0\0"),
    "nothing-in-it.png": lambda: png(0, 0),
    "short.png": lambda: png(900, 900, rows=b"\0"),
    "random.jpg": lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20,
    "random.png": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "random.webp": lambda: b"RIFF\0\x14\0\0WEBPVP8 " + bytes(range(256)) * 20,
    "random.heic": lambda: b"\0\0\0\x20ftypheic" + bytes(range(256)) * 20,
    "too-large.jpg": lambda: saved(photo(), "JPEG") + bytes(15 * MEBI),
}  # fmt: skip
for suffix in SUFFIXES:
    for tenth in range(1, 10):
        BAD[f"cut-{tenth}.{suffix}"] = lambda suffix=suffix, tenth=tenth: cut(suffix, tenth)


def cut(suffix, tenth):
    whole = telling_picture(suffix, trailing=False)
    return whole[: len(whole) * tenth // 10]


@contextmanager
def bounded_memory():
    """Fail when this process, at its peak, takes more memory than MOST_MEMORY on top of what it has."""
    refs, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    if not refs.exists():  # not on macOS
        yield
        return
    refs.write_text("5")  # makes the peak what it is now
    before = peak(status)
    yield
    assert peak(status) - before < MOST_MEMORY


def peak(status):
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) * 1024


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_an_error_beside_the_field(name, editor, store):
    data = BAD[name]()
    with bounded_memory():
        for post in (post_one, post_several, post_in_chooser):
            assert post(editor, SimpleUploadedFile(name, data)), post
    assert not CleanImage.objects.exists()
    assert not UploadedFile.objects.exists()
    assert list(store.rglob("*")) == []


def post_one(editor, file):
    """Return the errors beside the file's field."""
    fields = {"title": "x", "shows": "place", "file": file}
    response = editor.post(reverse("wagtailimages:add"), fields)
    assert response.status_code == 200
    return response.context["form"].errors["file"]


def post_several(editor, file):
    answer = editor.post(reverse("wagtailimages:add_multiple"), {"title": "x", "files[]": file}).json()
    return not answer["success"] and answer["error_message"]


def post_in_chooser(editor, file):
    prefix = "image-chooser-upload"
    fields = {f"{prefix}-title": "x", f"{prefix}-shows": "place", f"{prefix}-file": file}
    answer = editor.post(reverse("wagtailimages_chooser:create"), fields).json()
    return answer["step"] == "reshow_creation_form" and "error-message" in answer["htmlFragment"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moving.webp", "moves"),
        ("bomb-11000.png", "40 million"),
        ("bomb.webp", "15 million"),
        ("bomb.heic", "27 million"),
        ("bomb-print.jpg", "23 million"),
        ("bomb-transparent.png", "17 million"),
        ("too-large.jpg", "15.0"),
        ("drawing.svg", "JPEG or PNG"),
        ("empty.jpg", "empty"),
    ],
)
def test_error_says_what_to_do(name, words, editor):
    assert words in " ".join(post_one(editor, SimpleUploadedFile(name, BAD[name]())))


HOSTILE_NAMES = [
    "../../../etc/passwd.png",
    "..\\..\\windows\\win.png",
    "a" * 300 + ".png",
    "\u202egnp.exe.png",
    "name\0.png",
    "line\r\nX-Header: 1.png",
    '"><script>alert(1)</script>.png',
    "{{ 7 }}.png",
    "no-suffix",
    "photo.png.php",
    ".png",
    "\U0001f4f7.PNG",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_name_of_the_file_goes_no_further(name, editor, store):
    """Only the picture is taken; what it was called, and so claimed to be, is dropped."""
    data = telling_picture("png")
    errors = None
    response = editor.post(
        reverse("wagtailimages:add"),
        {"title": "x", "shows": "place", "file": SimpleUploadedFile(name, data)},
    )
    if response.status_code == 200:
        errors = response.context["form"].errors
    files = [path for path in store.rglob("*") if path.is_file()]
    assert errors is None
    assert [path.parent.name for path in files] == ["original_images"]
    assert [(len(path.stem), path.suffix) for path in files] == [(32, ".png")]
    assert marks_in(files[0].read_bytes()) == []
