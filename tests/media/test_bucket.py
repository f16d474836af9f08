"""Files in an S3 bucket are cleaned, and access to them is checked, as in a folder."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from media import cleaning, sweep
from media.models import CleanDocument, CleanImage, Rendition
from tests.support import builders, files_of_pages

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root", "bucket")]


def make_story_with_files():
    """Return a picture and a document of one live story, the addresses of both, and the story."""
    image, document = builders.make_image(), builders.make_document(content=b"Words.")
    story = files_of_pages.story_with(image, body=files_of_pages.document_block(document))
    return files_of_pages.address_of(image), document.url, story


def test_files_follow_their_pages_and_one_that_the_bucket_lost_is_not_found(bucket, client):
    picture, document, story = make_story_with_files()
    stored = bucket.Object(Rendition.objects.get(filter_spec__startswith="width-200").file.name)
    assert files_of_pages.get(client, picture).content_read == stored.get()["Body"].read()
    assert files_of_pages.get(client, document).content_read == b"Words."
    story.unpublish()
    assert [files_of_pages.get(client, address).status_code for address in (picture, document)] == [404, 404]
    client.force_login(builders.make_user("Editors"))
    # The last one is public, so another function sends it: send_public_rendition() of media/views.py.
    addresses = [picture, document, files_of_pages.live_story()]
    assert [files_of_pages.get(client, address).status_code for address in addresses] == [200] * 3
    bucket.objects.delete()
    assert [files_of_pages.get(client, address).status_code for address in addresses] == [404] * 3


def test_sweep_deletes_files_without_a_row_from_the_bucket(bucket, monkeypatch):
    files_of_pages.live_story()
    before = {each.key for each in bucket.objects.all()}
    orphan = default_storage.save("images/a.webp", cleaning.CleanFile(b"x", ".webp"))
    sweep.sweep_files()
    assert {each.key for each in bucket.objects.all()} == before | {orphan}, "its row may not be stored yet"
    monkeypatch.setattr(sweep, "NEW", timedelta(0))
    sweep.sweep_files()
    assert {each.key for each in bucket.objects.all()} == before


def test_no_page_names_the_bucket(s3, editor):
    _picture, _document, story = make_story_with_files()
    marks = (s3["AWS_ENDPOINT_URL_S3"], "X-Amz-", "AWSAccessKeyId", "Signature=")
    keys = CleanImage.objects.get().pk, CleanDocument.objects.get().pk
    admin = (f"pages/{story.pk}/edit/", f"images/{keys[0]}/", "images/chooser/", f"documents/edit/{keys[1]}/")
    for page in (story.url, *(f"/admin/{path}" for path in (*admin, "documents/", "documents/chooser/"))):
        response = editor.get(page)
        assert (response.status_code, [mark for mark in marks if mark in response.text]) == (200, []), page
    assert default_storage.url("images/x.jpg") == "/media/images/x.jpg"
