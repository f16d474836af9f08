"""Pages reach readers compressed; files stay as they are, and so does what only some may see."""

import gzip

import pytest

from tests.media.test_access import address_of, story_with
from tests.support import builders

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("store")]

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}
PUBLIC = ["/", "/stories/", "/search/?q=words", "/stories/?text=1", "/sitemap.xml", "/nothing/here/"]


@pytest.mark.parametrize("address", PUBLIC)
def test_page_is_compressed_for_readers(client, address):
    builders.make_story()
    plain = client.get(address)
    assert "Content-Encoding" not in plain
    compressed = client.get(address, headers=BROWSER)
    assert compressed["Content-Encoding"] == "gzip"
    assert len(compressed.content) == int(compressed["Content-Length"]) < len(plain.content)
    assert gzip.decompress(compressed.content) == plain.content
    for response in [plain, compressed]:
        assert "Accept-Encoding" in response["Vary"]


def test_picture_is_sent_as_it_is(client):
    story_with(image := builders.make_image())
    response = client.get(address_of(image), headers=BROWSER)
    assert "Content-Encoding" not in response
    assert int(response["Content-Length"]) == len(response.getvalue())
    assert not response["ETag"].startswith("W/")


@pytest.mark.parametrize("address", ["/admin/", "/admin/pages/", "/stories/", "/search/?q=words"])
def test_nothing_is_compressed_for_somebody_with_a_session(editor, address):
    """The length would tell whether what an address brings is among what only they may see."""
    builders.make_story()
    response = editor.get(address, headers=BROWSER)
    assert response.status_code == 200
    assert "Content-Encoding" not in response
