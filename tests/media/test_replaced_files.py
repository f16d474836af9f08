"""A file that is replaced or deleted is gone. Nobody gets a rendition of it that is made at that moment.

While the database can't be written, pages show the renditions that exist.
"""

from contextlib import suppress

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image
from wagtail.images.models import SourceImageIOError

from media.cleaning import CleanFile
from media.filters import FileFilter
from media.models import CleanDocument, CleanImage, Rendition
from media.sweep import sweep_files
from stories.sharing import SHARE_IMAGE_FILTER
from tests.support import builders, media_samples, queries, uploading

pytestmark = pytest.mark.usefixtures("media_root", "transactional_db", "django_db_serialized_rollback")
NEW_COLOUR = (1, 2, 3)


def files_in(media_root):
    return sorted(str(path.relative_to(media_root)) for path in media_root.rglob("*") if path.is_file())


def new_file():
    return CleanFile(builders.picture_bytes(color=NEW_COLOUR), ".png")


# --- What another process does with a picture while a rendition of it is made --------------------
# {what it does: function of the picture and of a client}
CHANGES = {
    "replace in the admin": lambda image, client: uploading.upload(
        client, "a.png", new_file().read(), way=image
    ),
    "replace in the shell": lambda image, _client: builders.save_with(image, file=new_file()),
    "delete in the admin": lambda image, client: client.post(f"/admin/images/{image.pk}/delete/"),
    "delete in the shell": lambda image, _client: CleanImage.objects.filter(pk=image.pk).delete(),
}


@pytest.mark.parametrize("specs", [["width-100|format-webp"], ["width-100", "fill-90x90|format-webp"]])
@pytest.mark.parametrize("change", CHANGES)
def test_nobody_gets_a_rendition_that_is_made_during_a_change(client, media_root, change, specs):
    image = builders.make_image()
    builders.make_story(lead_image=image, lead_image_alt="A road")
    user = builders.make_user("Moderators")

    class InterruptedFilter(FileFilter):
        """The change happens after a picture is made, before the rendition is stored."""

        def run(self, *arguments, **options):
            made = super().run(*arguments, **options)
            with queries.others() as start:
                start(lambda: CHANGES[change](CleanImage.objects.get(), builders.client_of(user)))
            return made

    last = InterruptedFilter(specs[-1])
    with suppress(SourceImageIOError):
        image.create_renditions(*map(FileFilter, specs[:-1]), last)
    stale = {f"images/{path.name}" for path in media_root.glob("images/*")}
    assert stale, "made of the file that is gone"
    for reader in (client, builders.client_of(user)):
        assert {reader.get(f"/media/{name}").status_code for name in stale} == {404}

    left = CleanImage.objects.filter(pk=image.pk).first()
    made = left.get_renditions(*specs) if left else {}
    for rendition in made.values():
        with default_storage.open(rendition.file.name) as file:
            assert media_samples.is_near(Image.open(file).convert("RGB").getpixel((20, 20)), NEW_COLOUR)
    current = {each.file.name for each in made.values()}
    assert current.isdisjoint(stale)
    sweep_files()
    assert set(Rendition.objects.values_list("file", flat=True)) == current
    media_samples.make_older(media_root)
    sweep_files()
    assert files_in(media_root) == sorted([*current, *(each.file.name for each in [left] if each)])


def test_sweep_deletes_old_files_without_a_row(media_root):
    sweep_files()  # There is no folder yet.
    # An original without a row can belong to a newer database.
    kept = ["original_images/a", "documents/a", "robots.txt"]
    for name in (*[f"{folder}/a" for folder in ("images", "wagtail_uploads")], *kept, ".unfinished-a"):
        default_storage.save(name, CleanFile(b"x", ".txt"))
    sweep_files()
    assert len(files_in(media_root)) == 6, "the row of a new file may not be stored yet"
    media_samples.make_older(media_root)
    sweep_files()
    assert files_in(media_root) == sorted(kept)


# --- Two processes that replace one file ---------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "make_file"),
    [(builders.make_image, new_file), (builders.make_document, lambda: CleanFile(b"New words.", ".txt"))],
)
def test_two_replacements_leave_one_file(media_root, make, make_file):
    """Both were loaded with the original file. Still the second one deletes the file of the first one."""
    first = make()
    if isinstance(first, CleanImage):
        first.get_rendition("width-100")
    second = type(first).objects.get(pk=first.pk)
    for instance in (first, second):
        builders.save_with(instance, file=make_file())
    assert files_in(media_root) == [second.file.name]


def test_old_file_of_a_document_stays_until_the_new_one_is_saved(media_root):
    document = builders.make_document(content=b"Old words.")
    client = builders.client_of(builders.make_user("Moderators"))

    def fail(execute, sql, params, many, context):
        if sql.startswith('UPDATE "media_cleandocument"'):
            raise RuntimeError("as when the server stops")
        return execute(sql, params, many, context)

    form = {"title": "New", "collection": "1", "tags": "", "file": ContentFile(b"New words.", name="n.txt")}
    with connection.execute_wrapper(fail), pytest.raises(RuntimeError):
        client.post(f"/admin/documents/edit/{document.pk}/", form)
    with default_storage.open(CleanDocument.objects.get().file.name) as file:
        assert file.read() == b"Old words."
    assert len(files_in(media_root)) == 1


def test_new_file_stays_if_the_storage_cannot_delete_the_old_one(media_root):
    image = builders.make_image()
    old = media_root / image.file.name
    old.unlink()
    (old / "folder").mkdir(parents=True)
    image.file = new_file()
    with pytest.raises(OSError, match="not empty"):
        image.save()
    assert (media_root / CleanImage.objects.get().file.name).is_file()


# --- A database that can't be written ------------------------------------------------------------


@pytest.mark.parametrize("address", ["/stories/", "/search/?q=lantern", "/", "/feed.atom"])
def test_pages_show_what_exists_while_the_database_is_read_only(client, address):
    existing = builders.make_image()
    rendition = existing.get_rendition(SHARE_IMAGE_FILTER)  # which the page's metadata name
    story = builders.make_story("A lantern", lead_image=existing, lead_image_alt="A road")
    with queries.read_only_database():
        responses = [client.get(each) for each in (address, story.url)]
    assert [response.status_code for response in responses] == [200, 200]
    assert story.url in responses[0].text
    assert rendition.url in responses[1].text
    assert Rendition.objects.count() == 1


def test_signing_in_shows_the_outage_page_while_the_database_is_read_only(client):
    # Each attempt to sign in is counted in the database, which fails here.
    client.raise_request_exception = False
    with queries.read_only_database():
        response = client.post("/admin/login/", {"username": "amina", "password": "x"})
    assert (response.status_code, response.headers.get("Retry-After")) == (500, "30")
