"""Pages below a page that is not live are shown nowhere: a language or a list is withdrawn with all below it.

tests/publishing/test_visibility.py has the places where a withdrawn section may not appear.
"""

import pytest
from wagtail.models import Page

from media.access import is_public
from publishing import visibility
from tests.support import builders
from tests.support.committed import act_as_committed
from tests.support.files_of_pages import get
from tests.support.translations import make_pair
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

WORD = "Quixotic"


@pytest.fixture
def scene():
    """(a French story with a picture, {name: page above it})."""
    _english, story = make_pair()
    story.title = f"{WORD} histoire"
    story.lead_image, story.lead_image_decorative = builders.make_image(), True
    story.save_revision().publish()
    index = story.get_parent()
    return story, {"list": index, "home page": index.get_parent()}


@pytest.mark.sqlite_only
def test_withdrawn_language_or_list_is_shown_nowhere(client, scene, monkeypatch):
    story, above = scene
    rendition = story.lead_image.get_rendition("width-200|format-jpeg").url
    user = builders.make_user()
    assert_shown(client, story, rendition, live=True)
    for withdrawn, way in (("list", "found by each query"), ("home page", "cached")):
        with undone(), monkeypatch.context() as patch:
            above[withdrawn].unpublish()
            if way == "cached":
                act_as_committed(patch)
            assert_shown(client, story, rendition, live=False)
            client.force_login(user)
            for address in (story.url, rendition):
                assert get(client, address).status_code == 404, address
            client.logout()


def assert_shown(client, story, rendition, live):
    """Check that visitors find `story` and the picture at `rendition`, or nowhere if not `live`."""
    for address in (story.url, rendition):
        assert get(client, address).status_code == (200 if live else 404), address
    assert is_public(story.lead_image) == live
    for address in (f"/fr/search/?q={WORD}", "/sitemap.xml", "/fr/list/"):
        text = client.get(address, follow=True).text
        assert (story.url in text) == live, address


def test_pages_come_back_and_others_stay(client, scene):
    story, above = scene
    with undone():
        above["home page"].unpublish()
        assert client.get("/").status_code == 200, "another language"
        assert client.get(builders.make_story(f"{WORD} story").url).status_code == 200
        assert not visibility.is_withheld(builders.home_page())
        assert not visibility.published_pages().filter(pk=story.pk).exists()
        assert visibility.is_withheld(builders.make_plain_page("Page", above["home page"]))
    above["list"].unpublish()
    with undone():
        # The tree stores the number of children of each page, which can be wrong.
        Page.objects.filter(pk=above["list"].pk).update(numchild=0)
        assert client.get(story.url).status_code == 404
        assert not visibility.published_pages().filter(pk=story.pk).exists()
    assert client.get(story.url).status_code == 404
    above["list"].save_revision().publish()
    assert client.get(story.url).status_code == 200


@pytest.mark.sqlite_only
@pytest.mark.parametrize("live", [True, False])
def test_editor_is_told_that_a_page_above_is_not_published(admin_client, live):
    index = builders.make_index(builders.make_index(), "Part", live=live)
    address = f"/admin/pages/add/stories/storypage/{index.pk}/"
    response = admin_client.post(address, builders.story_form("publish"), follow=True)
    assert "created and published" in response.text
    assert ("a page above it is not published" in response.text) == (not live)
