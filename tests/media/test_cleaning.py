"""However a picture is stored, only its pixels are kept, and no metadata."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.models import UploadedFile
from wagtail.users.models import UserProfile

from media.cleaning import CleanFile, clean_picture
from media.models import CleanDocument, CleanImage
from tests.support import builders, services
from tests.support.media_samples import (
    BLUE,
    RED,
    SUFFIXES,
    find_planted,
    find_unexpected_metadata,
    is_near,
    picture_with_metadata,
    read_metadata,
)
from tests.support.server_fixtures import path_of
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

# Specs of the renditions that are made of each picture that add_in_shell() stores.
FILTERS = ["original", "max-165x165", "width-200|format-jpeg", "width-200|format-png"]
FILTERS += ["width-200|format-webp", "width-200|format-avif", "fill-100x100|format-jpeg"]
# The name of each uploaded file, which must not stay.
NAME = "Amina-at-the-shelter"


@pytest.fixture
def has_exiftool():
    """Skip the test if there is no exiftool; on CI it fails."""
    path_of(services.exiftool)


def upload(data, suffix):
    return SimpleUploadedFile(f"{NAME}.{suffix}", data)


# --- Each function stores the picture `data` in another way, and returns the CleanImage ----------
# All of them take a client, `editor`, although only the forms need one.


def add_one(editor, data, suffix):
    fields = {"title": "One", "shows": "place", "file": upload(data, suffix)}
    response = editor.post(reverse("wagtailimages:add"), fields)
    assert response.status_code == 302, response.context["form"].errors
    return CleanImage.objects.get()


def add_several(editor, data, suffix):
    fields = {"title": "Several", "files[]": upload(data, suffix)}
    answer = editor.post(reverse("wagtailimages:add_multiple"), fields).json()
    assert answer["success"], answer
    # It was not said whom the picture shows, so it is an UploadedFile first.
    waiting = UploadedFile.objects.get(pk=answer["uploaded_file_id"])
    assert find_planted(waiting.file.read()) == []
    assert NAME not in waiting.file.name
    waiting.file.close()
    prefix = f"uploaded-image-{waiting.pk}"
    address = reverse("wagtailimages:create_multiple_from_uploaded_image", args=[waiting.pk])
    answer = editor.post(address, {f"{prefix}-title": "Several", f"{prefix}-shows": "place"}).json()
    assert answer["success"], answer
    return CleanImage.objects.get()


def add_in_chooser(editor, data, suffix):
    prefix = "image-chooser-upload"
    fields = {f"{prefix}-title": "Chosen", f"{prefix}-shows": "place", f"{prefix}-file": upload(data, suffix)}
    answer = editor.post(reverse("wagtailimages_chooser:create"), fields).json()
    assert answer["step"] == "chosen", answer
    return CleanImage.objects.get(pk=answer["result"]["id"])


def replace(editor, data, suffix):
    image = builders.make_image()
    fields = {"title": "New", "shows": "place", "file": upload(data, suffix)}
    response = editor.post(reverse("wagtailimages:edit", args=[image.pk]), fields)
    assert response.status_code == 302, response.context["form"].errors
    return CleanImage.objects.get()


def add_in_shell(editor, data, suffix):
    file = clean_picture(ContentFile(data, name=f"{NAME}.{suffix}"))
    return CleanImage.objects.create(title="Shell", file=file)


WAYS = [add_in_shell, add_one, add_several, add_in_chooser, replace]


# Each way with one of the formats, which are all cleaned alike, and one way with all of them.
CASES = [
    *zip(WAYS, [*SUFFIXES, SUFFIXES[0]], strict=True),
    *((add_in_shell, suffix) for suffix in SUFFIXES[1:]),  # above, it has the first one
]


def test_every_way_removes_all_metadata(editor, media_root, has_exiftool):
    """Renditions are made in one of the ways. The program exiftool reads the files of all ways at once."""
    for take_in, suffix in CASES:
        with undone():
            image = take_in(editor, picture_with_metadata(suffix), suffix)
            image = CleanImage.objects.get(pk=image.pk)
            assert_upright(image)
            if take_in is add_in_shell:
                image.get_renditions(*FILTERS)
    files = [path for path in media_root.rglob("*") if path.is_file()]
    assert len(files) >= len(CASES) + len(SUFFIXES) * len(FILTERS)
    for path in files:
        assert find_planted(path.read_bytes()) == [], path
        assert NAME not in path.name
    assert find_unexpected_metadata(*files) == []


def assert_upright(image):
    """Assert that the picture is stored upright, with its new width and height.

    picture_with_metadata() turned it, except for HEIC, and its EXIF says so.
    """
    with image.file.open() as file, Image.open(file) as stored:
        assert stored.size == (image.width, image.height) == (600, 400)
        top, bottom = stored.getpixel((300, 20)), stored.getpixel((300, 380))
    assert is_near(top, RED)
    assert is_near(bottom, BLUE)
    assert image.file_size == image.file.size
    assert len(image.file_hash) == 40  # SHA-1 in hexadecimal digits


def test_planted_metadata_can_be_found(tmp_path, has_exiftool):
    """So test_every_way_removes_all_metadata would find what stayed."""
    paths = [tmp_path / f"sample.{suffix}" for suffix in SUFFIXES]
    for path, suffix in zip(paths, SUFFIXES, strict=True):
        path.write_bytes(picture_with_metadata(suffix))
    expected = {"IFD0:Make", "GPS:GPSLatitude", "XMP-dc:Format", "ICC_Profile:ProfileDescription"}
    expected |= {"ExifIFD:MakerNoteUnknownText", "IFD1:ThumbnailImage"}
    for path, suffix, found in zip(paths, SUFFIXES, read_metadata(*paths), strict=True):
        assert expected <= set(found), suffix
        if suffix in {"jpg", "png"}:
            assert "IPTC:Caption-Abstract" in found
            assert "MarkComment" in found.values()
        assert b"PK\x03\x04" in find_planted(path.read_bytes()), suffix


# --- What is stored is clean, and is not encoded again --------------------------------------------


def test_saving_a_title_leaves_the_file_alone(editor):
    image = add_in_shell(editor, picture_with_metadata("jpg"), "jpg")
    before = Path(image.file.path)
    content, time = before.read_bytes(), before.stat().st_mtime_ns
    fields = {"title": "Another title", "shows": "place"}
    assert editor.post(reverse("wagtailimages:edit", args=[image.pk]), fields).status_code == 302
    image = CleanImage.objects.get()
    image.save()
    assert (image.title, Path(image.file.path)) == ("Another title", before)
    assert (before.read_bytes(), before.stat().st_mtime_ns) == (content, time)


def test_picture_uploaded_with_others_is_encoded_once(editor):
    """It is cleaned twice: as an UploadedFile, and as a CleanImage."""
    data = picture_with_metadata("jpg")
    once = add_in_shell(editor, data, "jpg").file_hash
    CleanImage.objects.all().delete()
    assert add_several(editor, data, "jpg").file_hash == once


# {way to store a file past all forms: function of the file and of one that is clean}
SHORTCUTS = {
    "create": lambda file, _clean: CleanImage.objects.create(title="x", file=file),
    "bulk_create": lambda file, _clean: CleanImage.objects.bulk_create([CleanImage(title="x", file=file)]),
    "save a file": lambda file, clean: CleanImage(title="x").file.save(clean.name, file),
    "replace": lambda file, clean: replace_in_shell(CleanImage.objects.create(title="x", file=clean), file),
    "create a document": lambda file, _clean: CleanDocument.objects.create(title="x", file=file),
    "a picture of a text": lambda _file, _clean: CleanImage.objects.create(file=CleanFile(b"x", ".txt")),
    "a document of a picture": lambda _file, clean: CleanDocument.objects.create(title="x", file=clean),
}


def replace_in_shell(image, file):
    builders.save_with(image, file=file)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_nothing_is_stored_that_was_not_cleaned(shortcut, media_root):
    """Also if it has the name of a cleaned file."""
    raw = picture_with_metadata("png")
    clean = CleanFile(builders.picture_bytes(), ".png")
    with pytest.raises(TypeError):
        SHORTCUTS[shortcut](ContentFile(raw, name=clean.name), clean)
    assert not any(find_planted(path.read_bytes()) for path in media_root.rglob("*.*"))
    assert not CleanDocument.objects.exists()


def test_only_the_cleaners_make_clean_files():
    """Each takes what the sanitizer returned. A WaitingFile takes what it has stored, which was cleaned."""
    makers = [
        (path.relative_to(settings.BASE_DIR).as_posix(), line.strip())
        for path in settings.BASE_DIR.rglob("*.py")
        if "tests" not in path.parts and ".venv" not in path.parts
        for line in path.read_text().splitlines()
        if re.search(r"(?<!class )\bCleanFile\(", line)
    ]
    assert sorted(makers) == [
        ("media/cleaning.py", 'return CleanFile(data, ".png" if data.startswith(PNG_START) else ".jpg")'),
        ("media/documents.py", "return CleanFile(sanitize(data, suffix[1:]), suffix)"),
        ("media/fields.py", "self._file = CleanFile(stored.read(), PurePath(self.name).suffix)"),
    ]


def test_profile_picture_is_not_stored(editor, media_root):
    response = editor.get(reverse("wagtailadmin_account"))
    assert b"avatar-avatar" not in response.content
    editor.post(
        reverse("wagtailadmin_account"), {"avatar-avatar": upload(picture_with_metadata("jpg"), "jpg")}
    )
    assert not UserProfile.objects.exclude(avatar="").exists()
    assert list(media_root.rglob("*")) == []


def test_picture_is_not_opened_before_it_is_cleaned():
    """It could be a decompression bomb."""
    file = ContentFile(builders.picture_bytes(), name="x.png")
    assert CleanImage(title="x", file=file).width is None
    image = CleanImage(title="x", file=clean_picture(file))
    assert (image.width, image.height) == (480, 320)
