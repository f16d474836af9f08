"""A full disk, and too large requests: what can't be stored is refused, and no file is stored in part."""

import resource
import signal
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from caching.content_version import change, content_version
from media.models import CleanImage, Rendition
from tests.support import builders, wsgi

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@contextmanager
def no_file_larger_than(size):
    """Limit the size of files to `size` bytes. A larger one fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_upload_to_a_full_disk_fails_and_leaves_no_file(client, media_root):
    client.force_login(builders.make_user("Moderators"))
    client.raise_request_exception = False
    file = SimpleUploadedFile("a.png", builders.picture_bytes(), "image/png")
    form = {"title": "A", "shows": "place", "file": file, "collection": "1", "description": "A lamp"}
    with no_file_larger_than(1000):
        refused = client.post(reverse("wagtailimages:add"), form)
    assert refused.status_code == 500
    assert not CleanImage.objects.exists()
    assert not [path for path in media_root.rglob("*") if path.is_file()]
    file.seek(0)
    assert client.post(reverse("wagtailimages:add"), form).status_code == 302
    assert CleanImage.objects.count() == 1


def test_too_large_request_or_too_many_fields_are_refused(client, settings):
    settings.LARGEST_REQUEST = 100_000  # bytes
    client.force_login(builders.make_user("Moderators"))
    # 200: the form is shown again, because these bytes are no picture.
    for size, status in ((50_000, 200), (200_000, 400)):
        form = {"title": "A", "file": SimpleUploadedFile("a.png", b"x" * size)}
        assert client.post(reverse("wagtailimages:add"), form).status_code == status
    # The settings allow 10,000 fields.
    fields = {f"field-{number}": "" for number in range(10_001)}
    assert client.post(reverse("wagtailimages:add"), fields).status_code == 400


def test_public_pages_work_on_a_full_disk():
    """Neither the pages nor the renditions that they make can be stored."""
    client = wsgi.SiteClient()
    story = builders.make_story("Long road", lead_image=builders.make_image(), lead_image_alt="A lamp")
    with no_file_larger_than(10):
        for address in (story.url, "/stories/"):
            assert client.get(address).status_code == 200, address
    assert not Rendition.objects.exists()
    # Once there is room, a page that is made anew shows the pictures.
    change()  # so that no cached page is sent
    content_version.expire()
    assert builders.parse(client.get(story.url)).find("img", alt="A lamp")
    assert Rendition.objects.exists()
