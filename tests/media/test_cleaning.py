"""However a picture or document is stored, no metadata is kept: names, dates, places or programs."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from wagtail.users.models import UserProfile

from media.cleaning import CleanFile, clean_picture
from media.documents import clean_document
from media.models import CleanDocument, CleanImage
from tests.support import builders, server_fixtures, services, uploading
from tests.support import media_samples as samples
from tests.support.document_samples import pdf, unpack_all
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

# Specs of the renditions that are made of each picture that is stored in the shell.
FILTERS = ["original", "max-165x165", "width-200|format-jpeg", "width-200|format-png"]
FILTERS += ["width-200|format-webp", "width-200|format-avif", "fill-100x100|format-jpeg"]
# The name of each uploaded file, which must not stay.
NAME = "Amina-at-the-shelter"
WAYS = ["shell", "add", "several", "chooser", "replace"]
# Each way with one of the formats, which are all cleaned alike, and one way with all of them.
FORMATS = samples.SUFFIXES
PICTURES = [*zip(WAYS, [*FORMATS, FORMATS[0]], strict=True), *(("shell", each) for each in FORMATS[1:])]


def take_in(way, editor, suffix):
    """Store a picture or PDF with metadata in one of WAYS, and return it as it is in the database."""
    kind, data = ("document", pdf()) if suffix == "pdf" else ("image", samples.picture_with_metadata(suffix))
    model, name = (CleanDocument if kind == "document" else CleanImage), f"{NAME}.{suffix}"
    if way == "shell":
        clean = clean_document if kind == "document" else clean_picture
        stored = model.objects.create(title="Shell", file=clean(ContentFile(data, name=name)))
        return model.objects.get(pk=stored.pk)
    make = builders.make_document if kind == "document" else builders.make_image
    # The form for several files asks for a shorter title of a document.
    title = "x" * 300 if (way, kind) == ("several", "document") else "x"
    assert not uploading.upload(editor, name, data, kind, make() if way == "replace" else way, title)
    if way == "several":
        waiting, content = uploading.store_waiting(editor, kind)
        assert NAME not in waiting and planted_in(content) == []
    return model.objects.get()


def planted_in(data):
    """Return what was planted in the bytes of a file. MarkInfo is a key of PDF files."""
    if data.startswith(b"%PDF"):
        return [b"Mark"] * unpack_all(data).replace(b"MarkInfo", b"").count(b"Mark")
    return samples.find_planted(data)


def test_every_way_removes_all_metadata(editor, media_root):
    """Renditions are made in one of the ways. The program exiftool reads the files of all ways at once."""
    server_fixtures.path_of(services.exiftool)
    for way, suffix in PICTURES:
        with undone():
            assert_upright(image := take_in(way, editor, suffix))
            if way == "shell":
                image.get_renditions(*FILTERS)
    pictures = [path for path in media_root.rglob("*") if path.is_file()]
    assert len(pictures) >= len(PICTURES) + len(FORMATS) * len(FILTERS)
    assert len(planted_in(pdf())) > 5
    for way in WAYS:
        with undone():
            document = take_in(way, editor, "pdf")
            assert (document.file_size, len(document.file_hash)) == (document.file.size, 40)
    for path in [path for path in media_root.rglob("*") if path.is_file()]:
        assert planted_in(path.read_bytes()) == [], path
        assert NAME not in path.name
    assert samples.find_unexpected_metadata(*pictures) == []


def assert_upright(image):
    """Assert that the picture is stored upright, with its new width and height.

    samples.picture_with_metadata() turned it, except for HEIC, and its EXIF says so.
    """
    with image.file.open() as file, Image.open(file) as stored:
        assert stored.size == (image.width, image.height) == (600, 400)
        top, bottom = stored.getpixel((300, 20)), stored.getpixel((300, 380))
    # Not as numbers: the profile of the sample is applied.
    assert (top[0] > 2 * top[2], bottom[2] > 2 * bottom[0]) == (True, True)
    assert image.file_size == image.file.size
    assert len(image.file_hash) == 40  # SHA-1 in hexadecimal digits


def test_planted_metadata_can_be_found(tmp_path):
    """So test_every_way_removes_all_metadata would find what stayed."""
    server_fixtures.path_of(services.exiftool)
    paths = [tmp_path / f"sample.{suffix}" for suffix in FORMATS]
    for path, suffix in zip(paths, FORMATS, strict=True):
        path.write_bytes(samples.picture_with_metadata(suffix))
    expected = {"IFD0:Make", "GPS:GPSLatitude", "XMP-dc:Format", "ICC_Profile:ProfileDescription"}
    expected |= {"ExifIFD:MakerNoteUnknownText", "IFD1:ThumbnailImage"}
    for path, suffix, found in zip(paths, FORMATS, samples.read_metadata(*paths), strict=True):
        assert expected <= set(found), suffix
        if suffix in {"jpg", "png"}:
            assert "IPTC:Caption-Abstract" in found
            assert "MarkComment" in found.values()
        assert b"PK\x03\x04" in samples.find_planted(path.read_bytes()), suffix


# --- What is stored is clean, and is not encoded again --------------------------------------------


def test_saving_a_title_leaves_the_file_alone(editor):
    image = take_in("shell", editor, "jpg")
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
    once = take_in("shell", editor, "jpg").file_hash
    CleanImage.objects.all().delete()
    assert take_in("several", editor, "jpg").file_hash == once


# {way to store a file past all forms: function of the file and of one that is clean}
SHORTCUTS = {
    "create": lambda file, _clean: CleanImage.objects.create(title="x", file=file),
    "bulk_create": lambda _file, clean: CleanImage.objects.bulk_create([CleanImage(title="x", file=clean)]),
    "save a file": lambda file, clean: CleanImage(title="x").file.save(clean.name, file),
    "replace": lambda file, clean: builders.save_with(CleanImage.objects.create(file=clean), file=file),
    "create a document": lambda file, _clean: CleanDocument.objects.create(title="x", file=file),
    "a picture of a text": lambda _file, _clean: CleanImage.objects.create(file=CleanFile(b"x", ".txt")),
    "a document of a picture": lambda _file, clean: CleanDocument.objects.create(title="x", file=clean),
}


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_nothing_is_stored_that_was_not_cleaned(shortcut, media_root):
    """Also if it has the name of a cleaned file."""
    raw = samples.picture_with_metadata("png")
    clean = CleanFile(builders.picture_bytes(), ".png")
    with pytest.raises(TypeError):
        SHORTCUTS[shortcut](ContentFile(raw, name=clean.name), clean)
    assert not any(samples.find_planted(path.read_bytes()) for path in media_root.rglob("*.*"))
    assert not CleanDocument.objects.exists()


def test_only_the_cleaners_make_clean_files():
    """Each takes what the sanitizer returned. A WaitingFile takes what it has stored, which was cleaned."""
    paths = [path for path in settings.BASE_DIR.rglob("*.py") if not {"tests", ".venv"} & set(path.parts)]
    calls = [(path.name, len(re.findall(r"(?<!class )\bCleanFile\(", path.read_text()))) for path in paths]
    assert {name: n for name, n in calls if n} == {"cleaning.py": 1, "documents.py": 1, "fields.py": 1}


def test_profile_picture_is_not_stored(editor, media_root):
    assert b"avatar-avatar" not in editor.get(reverse("wagtailadmin_account")).content
    file = SimpleUploadedFile("a.jpg", samples.picture_with_metadata("jpg"))
    editor.post(reverse("wagtailadmin_account"), {"avatar-avatar": file})
    assert not UserProfile.objects.exclude(avatar="").exists()
    assert list(media_root.rglob("*")) == []


def test_picture_is_not_opened_before_it_is_cleaned():
    """It could be a decompression bomb."""
    file = ContentFile(builders.picture_bytes(), name="x.png")
    assert CleanImage(title="x", file=file).width is None
    image = CleanImage(title="x", file=clean_picture(file))
    assert (image.width, image.height) == (480, 320)
