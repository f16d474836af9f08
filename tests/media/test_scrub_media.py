"""The command scrub_media cleans files that were stored without being cleaned, and can be repeated."""

import io

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from wagtail.models import UploadedFile
from wagtail.users.models import UserProfile

from media.cleaning import is_signed
from media.models import CleanDocument, CleanImage
from tests.support import builders
from tests.support.document_samples import pdf, unpack_all
from tests.support.media_samples import find_planted, photo, picture_with_metadata
from tests.support.people import make_agreeing_person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def scrub():
    """Run the command. Return its standard output and its standard error."""
    said, complaints = io.StringIO(), io.StringIO()
    try:
        call_command("scrub_media", stdout=said, stderr=complaints)
    except CommandError as error:
        complaints.write(str(error))
    return said.getvalue(), complaints.getvalue()


def stored_before(model, data, name, **fields):
    """Return an instance of `model` whose file is stored as it was uploaded."""
    path = default_storage.save(name, ContentFile(data))
    instance = builders.make_image() if model is CleanImage else builders.make_document()
    default_storage.delete(instance.file.name)
    model.objects.filter(pk=instance.pk).update(file=path, **fields)
    return model.objects.get(pk=instance.pk)


def old_picture(suffix="jpg", **fields):
    """Return an uncleaned picture. It is stored turned, so its width and height are those before EXIF."""
    fields = {"width": 400, "height": 600} | fields
    return stored_before(
        CleanImage, picture_with_metadata(suffix), f"original_images/Amina.{suffix}", **fields
    )


def all_stored(media_root):
    return [path for path in media_root.rglob("*") if path.is_file()]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_pictures_are_cleaned_and_their_metadata_is_reported(suffix, media_root):
    image = old_picture(suffix)
    said, complaints = scrub()
    assert complaints == ""
    for words in ("camera data (EXIF)", "XMP", "its position", "1 cleaned"):
        assert words in said
    image.refresh_from_db()
    (path,) = all_stored(media_root)
    assert find_planted(path.read_bytes()) == []
    assert is_signed(path.read_bytes(), image.file.name)
    # The size as it is shown: the EXIF orientation turned the picture.
    assert (image.width, image.height, image.file_size) == (600, 400, path.stat().st_size)


def test_renditions_of_cleaned_pictures_are_made_again(media_root, django_capture_on_commit_callbacks):
    image = old_picture()
    old = image.get_rendition("width-200|format-jpeg").file.name
    assert find_planted((media_root / old).read_bytes())
    with django_capture_on_commit_callbacks(execute=True):
        scrub()
    image = CleanImage.objects.get()
    assert not (media_root / old).exists()
    new = image.get_rendition("width-200|format-jpeg").file.name
    assert find_planted((media_root / new).read_bytes()) == []


@pytest.mark.sqlite_only
def test_people_on_a_cleaned_picture_are_not_asked_about_again():
    """It is the same picture. A picture of which it was unknown who is on it stays held back."""
    known, unknown = old_picture(shows="person"), old_picture("png", asks_again=True)
    for image in (known, unknown):
        image.people.add(make_agreeing_person())
    assert "2 cleaned" in scrub()[0]
    shown = {image.pk: image.is_shown for image in CleanImage.objects.all()}
    assert shown == {known.pk: True, unknown.pk: False}


@pytest.mark.sqlite_only
def test_documents_are_cleaned(media_root):
    document = stored_before(CleanDocument, pdf(), "documents/Amina.pdf")
    said, complaints = scrub()
    assert (complaints, "1 cleaned" in said) == ("", True)
    document.refresh_from_db()
    (path,) = all_stored(media_root)
    assert b"Mark" not in unpack_all(path.read_bytes()), "the word in all planted metadata"
    assert document.file.name == f"documents/{path.name}"


@pytest.mark.sqlite_only
def test_unfinished_uploads_are_cleaned(media_root):
    path = default_storage.save("wagtail_uploads/Amina.jpg", ContentFile(picture_with_metadata("jpg")))
    kind = ContentType.objects.get_for_model(CleanImage)
    UploadedFile.objects.create(for_content_type=kind, file=path)
    scrub()
    (path,) = all_stored(media_root)
    assert find_planted(path.read_bytes()) == []
    assert UploadedFile.objects.get().file.name == f"wagtail_uploads/{path.name}"


def test_profile_pictures_are_removed(media_root):
    user = builders.make_user("Editors")
    path = default_storage.save("avatar_images/Amina.jpg", ContentFile(picture_with_metadata("jpg")))
    UserProfile.objects.create(user=user)
    UserProfile.objects.update(avatar=path)
    scrub()
    assert not UserProfile.objects.get().avatar
    assert all_stored(media_root) == []


@pytest.mark.sqlite_only
def test_files_without_a_row_are_removed_unless_they_are_signed(media_root):
    """A signed one may be an upload whose row isn't saved yet."""
    for folder in ("original_images", "documents", "wagtail_uploads"):
        default_storage.save(f"{folder}/Amina.jpg", ContentFile(picture_with_metadata("jpg")))
    clean = CleanImage(title="x")
    clean.file.save("x.jpg", ContentFile(picture_with_metadata("jpg")), save=False)
    said, _complaints = scrub()
    assert "3 removed" in said  # one of each folder
    assert [path.name for path in all_stored(media_root)] == [clean.file.name.rpartition("/")[2]]


@pytest.mark.sqlite_only
def test_cleaned_files_are_left_alone(media_root):
    builders.make_image()
    builders.make_document()
    before = {path: path.stat().st_mtime_ns for path in all_stored(media_root)}
    said, complaints = scrub()
    assert (said, complaints) == ("0 cleaned, 0 removed, 0 left as they were.\n", "")
    assert {path: path.stat().st_mtime_ns for path in all_stored(media_root)} == before


def test_it_can_be_stopped_and_started_again(media_root, monkeypatch):
    """It is stopped when it has stored a cleaned picture, before it deletes the old file.

    The second run removes that old file, and cleans the other picture.
    """
    old_picture()
    old_picture("png")
    with monkeypatch.context() as patch:
        patch.setattr(default_storage._wrapped, "delete", stop)
        with pytest.raises(KeyboardInterrupt):
            scrub()
    assert any(find_planted(path.read_bytes()) for path in all_stored(media_root))
    said, complaints = scrub()
    assert complaints == ""
    assert "1 cleaned, 1 removed" in said
    assert not any(find_planted(path.read_bytes()) for path in all_stored(media_root))
    assert "0 cleaned, 0 removed" in scrub()[0]


def stop(name):
    raise KeyboardInterrupt


def test_picture_that_is_deleted_while_it_is_cleaned_does_not_stop_it(monkeypatch):
    picture = old_picture()
    old_picture("png")
    read = default_storage.open

    def read_and_delete(name, *arguments):
        CleanImage.objects.filter(pk=picture.pk).delete()
        return read(name, *arguments)

    monkeypatch.setattr(default_storage._wrapped, "open", read_and_delete)
    said, complaints = scrub()
    assert complaints == ""
    assert "1 cleaned" in said
    assert not CleanImage.objects.filter(pk=picture.pk).exists()


def test_files_that_cannot_be_cleaned_are_reported_and_the_rest_is_cleaned():
    broken = stored_before(CleanDocument, b"{\\rtf1}", "documents/Amina.rtf")
    missing = stored_before(CleanDocument, b"words", "documents/missing.txt")
    default_storage.delete(missing.file.name)
    old_picture()
    said, complaints = scrub()
    assert "1 cleaned, 0 removed, 2 left" in said
    assert f"Document {broken.pk}" in complaints
    assert f"Document {missing.pk}" in complaints
    assert "Amina" not in said + complaints


@pytest.mark.sqlite_only
def test_focal_point_stays_where_it_was():
    data = io.BytesIO()
    photo(5120, 3000).save(data, "JPEG")
    focus = {"focal_point_x": 1000, "focal_point_y": 600, "focal_point_width": 400, "focal_point_height": 200}
    size = {"width": 5120, "height": 3000}
    stored_before(CleanImage, data.getvalue(), "original_images/a.jpg", **size, **focus)
    scrub()
    image = CleanImage.objects.get()
    assert (image.width, image.height) == (2560, 1500), "half the size: 2560 is the most for a side"
    assert (image.focal_point_x, image.focal_point_y) == (500, 300)
    assert (image.focal_point_width, image.focal_point_height) == (200, 100)
