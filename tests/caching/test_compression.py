"""Public pages are compressed. Files, and pages for users with a session, are not."""

import gzip

import pytest
from django.test import Client

from tests.support import builders, files_of_pages

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("address", ["/", "/search/?q=words", "/stories/?text=1", "/sitemap.xml", "/no/"])
def test_public_page_is_compressed(address):
    builders.make_story()
    client = Client()  # without the page cache, which compresses pages itself
    plain = client.get(address)
    assert "Content-Encoding" not in plain
    compressed = client.get(address, headers=BROWSER)
    assert compressed["Content-Encoding"] == "gzip"
    assert len(compressed.content) == int(compressed["Content-Length"]) < len(plain.content)
    assert gzip.decompress(compressed.content) == plain.content
    for response in [plain, compressed]:
        assert "Accept-Encoding" in response["Vary"]


def test_picture_is_not_compressed(media_root):
    files_of_pages.story_with(image := builders.make_image())
    response = Client().get(files_of_pages.address_of(image), headers=BROWSER)
    assert "Content-Encoding" not in response
    assert int(response["Content-Length"]) == len(response.getvalue())
    assert not response["ETag"].startswith("W/")


@pytest.mark.parametrize("address", ["/admin/", "/admin/pages/", "/stories/", "/search/?q=words"])
def test_nothing_is_compressed_with_a_session(editor, address):
    """The length would tell whether text from the address is also in the private part of the page."""
    builders.make_story()
    response = editor.get(address, headers=BROWSER)
    assert response.status_code == 200
    assert "Content-Encoding" not in response
