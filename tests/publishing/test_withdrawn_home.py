"""Pages below a home page that is not live are shown nowhere: a language is withdrawn with its home page."""

import pytest

from media.access import is_public
from publishing import visibility
from tests.conftest import act_as_committed
from tests.support.builders import home_page, make_image, make_index, make_plain_page, make_story, make_user
from tests.support.files_of_pages import get
from tests.support.translations import make_pair

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]

WORD = "Quixotic"


@pytest.fixture
def scene():
    """A French story with a picture, and an English alias of it. Its home page can be unpublished."""
    _english, story = make_pair()
    story.title = f"{WORD} histoire"
    story.lead_image, story.lead_image_decorative = make_image(), True
    story.save_revision().publish()
    alias = story.create_alias(parent=make_index(), update_slug="alias", update_locale=home_page().locale)
    return story, alias, story.get_parent().get_parent()


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("cached", [True, False])
def test_withdrawn_language_is_shown_nowhere(client, scene, monkeypatch, live, cached):
    story, alias, home = scene
    rendition = story.lead_image.get_rendition("width-200|format-jpeg").url
    if not live:
        home.unpublish()
    if cached:
        act_as_committed(monkeypatch)
    status = 200 if live else 404
    for address in (story.url, alias.url, rendition):
        assert get(client, address).status_code == status, address
    assert is_public(story.lead_image) == live
    for address in (f"/fr/search/?q={WORD}", f"/search/?q={WORD}", "/sitemap.xml", "/stories/"):
        text = client.get(address, follow=True).text
        assert (story.url in text or alias.url in text) == live, address
    client.force_login(make_user())
    for address in (story.url, alias.url, rendition):
        assert get(client, address).status_code == status, address


def test_withdrawn_home_page_hides_no_other_language(client, scene):
    _story, _alias, home = scene
    home.unpublish()
    assert client.get("/").status_code == 200
    assert client.get(make_story(f"{WORD} story").url).status_code == 200
    assert not visibility.is_hidden(home_page())
    assert visibility.is_hidden(make_plain_page("Page", home))
