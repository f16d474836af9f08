"""Cleaning keeps the visible picture and its colours, and removes the rest."""

import io
import logging

import pytest
from django.core.files.base import ContentFile
from PIL import Image, ImageCms

from media import cleaning, process
from media.models import CleanImage
from media.sanitizer import pictures, pixels
from media.sanitizer.__main__ import clean
from tests.support import media_samples as samples
from tests.support.media_samples import RED, exif, find_planted, is_near, photo, picture_with_metadata, saved

pytestmark = pytest.mark.sqlite_only


def cleaned(data):
    """Return the picture of the bytes `data`, cleaned by the sanitizer in this process, and opened."""
    return Image.open(io.BytesIO(clean(io.BytesIO(data), "picture")))


def test_colour_profile_is_applied_and_left_out():
    """Colours look the same on a screen as with the profile."""
    picture = cleaned(saved(photo(), "PNG", icc_profile=samples.wide_profile()))
    assert "icc_profile" not in picture.info
    profile = ImageCms.ImageCmsProfile(io.BytesIO(samples.wide_profile()))
    shown = ImageCms.profileToProfile(photo(), profile, ImageCms.createProfile("sRGB"))
    assert picture.tobytes() == shown.tobytes() != photo().tobytes()


@pytest.mark.parametrize("profile", ["srgb", "broken", "huge"])
def test_useless_colour_profile_is_left_out(profile):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    huge = samples.wide_profile() + bytes(2_000_000)
    profile = {"srgb": srgb, "broken": b"no profile", "huge": huge}[profile]
    picture = cleaned(saved(photo(), "JPEG", icc_profile=profile))
    assert "icc_profile" not in picture.info
    assert is_near(picture.getpixel((20, 20)), RED)


@pytest.mark.django_db
def test_metadata_of_a_picture_is_not_logged(caplog, media_root):
    """Pillow would log each entry of EXIF at the level DEBUG."""
    data = picture_with_metadata("jpg")
    with caplog.at_level(logging.DEBUG):
        file = cleaning.clean_picture(ContentFile(data, name="x.png"))
        CleanImage.objects.create(title="x", file=file).get_rendition("width-100")
    assert file.name.endswith(".jpg"), "the suffix is that of the format"
    assert "Mark" not in caplog.text


def test_print_colours_become_screen_colours():
    picture = cleaned(saved(photo().convert("CMYK"), "JPEG"))
    assert (picture.mode, picture.format) == ("RGB", "JPEG")


def test_transparency_is_kept_and_hidden_colours_are_removed():
    image = photo().convert("RGBA")
    image.putalpha(0)
    image.putpixel((5, 5), (10, 20, 30, 128))
    picture = cleaned(saved(image, "PNG"))
    assert picture.format == "PNG"
    assert is_near(picture.getpixel((5, 5)), (10, 20, 30))
    assert picture.getpixel((5, 5))[3] == 128
    assert picture.getpixel((9, 9)) == (0, 0, 0, 0)


@pytest.mark.parametrize("alpha", [0, 1, 2, 8, pixels.MIN_ALPHA - 1])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_face_under_a_soft_eraser_is_removed(mode, alpha):
    image = Image.linear_gradient("L").resize((64, 64)).convert(mode)
    image.putalpha(alpha)
    picture = cleaned(saved(image, "PNG"))
    assert set(picture.get_flattened_data()) == {(0, 0, 0, 0)}


def test_faint_pixel_keeps_no_finer_colour_than_it_shows():
    alpha = 32
    image = Image.linear_gradient("L").convert("RGBA")  # has 256 shades
    image.putalpha(alpha)
    picture = cleaned(saved(image, "PNG"))
    # Multiplied by alpha, the 256 shades become the numbers from 0 to alpha.
    assert len(set(picture.get_flattened_data())) <= alpha + 1


@pytest.mark.parametrize("content", [b"Adobe and a secret", b"Some secret."], ids=["longer", "foreign"])
def test_jpeg_in_a_document_keeps_no_other_text_in_the_segment_of_adobe(content):
    jpeg = saved(Image.new("RGB", (9, 9)), "JPEG")
    segment = b"\xff\xee" + (2 + len(content)).to_bytes(2) + content
    assert pictures.strip_jpeg(jpeg[:2] + segment + jpeg[2:]) == pictures.strip_jpeg(jpeg)


def test_grey_in_16_bits_becomes_grey_in_8():
    picture = cleaned(saved(Image.frombytes("I;16", (4, 4), b"\x00\x80" * 16), "PNG"))
    assert (picture.mode, picture.getpixel((0, 0))) == ("L", 128)


@pytest.mark.parametrize(("size", "smaller"), [((6000, 3000), (2560, 1280)), ((4200, 4200), (2560, 2560))])
def test_large_picture_is_made_smaller(size, smaller):
    """The process of the sanitizer has memory and time for it."""
    data = process.sanitize(saved(photo(*size), "JPEG"), "picture")
    assert Image.open(io.BytesIO(data)).size == smaller


def test_second_picture_in_a_phones_file_is_dropped():
    """Phones add a second picture with its own EXIF to the file, for depth or brightness."""
    second = photo(500, 500)
    second.encoderinfo = {"exif": exif()}
    data = saved(photo(), "MPO", save_all=True, append_images=[second], exif=exif(orientation=1))
    clean_data = clean(io.BytesIO(data), "picture")
    picture = Image.open(io.BytesIO(clean_data))
    assert (picture.format, picture.size) == ("JPEG", (600, 400))
    assert find_planted(clean_data) == []


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "profile", [None, samples.wide_profile(), samples.wide_profile().replace(b"RGB ", b"GRAY", 1)]
)
def test_every_kind_of_png_keeps_its_picture(mode, profile):
    """Even with a colour profile for another mode."""
    image = Image.new("RGBA", (9, 9), (255, 255, 255, 255)).convert(mode)
    picture = cleaned(saved(image, "PNG", icc_profile=profile))
    assert picture.format == "PNG"
    assert picture.mode in {"L", "RGB", "RGBA"}
    assert set(picture.convert("RGBA").getpixel((4, 4))) == {255}
