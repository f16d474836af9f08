"""The editors' guide is under Help, its links and pictures work, and it quotes the words of the interface."""

import json
from pathlib import Path

import pytest
import wagtail
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.utils.translation import gettext
from PIL import Image
from wagtail.users.models import UserProfile

from tests.support import builders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

GUIDE = "/admin/guide/"
# Words that are put together from a message and a name.
COMPOSED = {"approve and publish"}
# Editors don't read a long guide. Help belongs beside a field, or in an empty list.
MOST_WORDS = 2000


@pytest.fixture
def guide(admin_client):
    return builders.parse(admin_client.get(GUIDE)).select_one("article.guide")


def messages():
    """Return the messages of Wagtail's and this site's catalogues in English, in lower case."""
    # The IDs of the site's messages are their English words, in the catalogue of any language.
    ours = settings.BASE_DIR / "site_project/locale/fr/LC_MESSAGES/django.po"
    found = set()
    for path in [ours, *Path(wagtail.__file__).parent.rglob("locale/en/LC_MESSAGES/django*.po")]:
        with path.open("rb") as file:
            for message in read_po(file):
                found |= {message.id} if isinstance(message.id, str) else set(message.id)
    return {gettext(message).strip().lower() for message in found if message}


def test_quoted_words_are_those_of_the_interface(guide):
    quoted = {" ".join(label.get_text().split()).lower() for label in guide.select(".guide-label")}
    assert len(quoted) > 60, "the selector found the quoted words"
    assert quoted - messages() == COMPOSED


def test_guide_is_short(guide):
    assert 1000 < len(guide.get_text(" ").split()) <= MOST_WORDS


def test_contents_lead_to_every_section_and_pictures_exist(guide):
    links = [link["href"] for link in guide.select("nav a")]
    assert links == [f"#{heading['id']}" for heading in guide.select("section > h2")]
    assert all(guide.select_one(link["href"]) for link in guide.select("a"))
    assert len(guide.select("img")) == 5
    for picture in guide.select("img"):
        with Image.open(finders.find(picture["src"].removeprefix("/static/"))) as file:
            assert file.size == (int(picture["width"]), int(picture["height"]))
        assert picture["alt"]


@pytest.mark.parametrize(("language", "title"), [("en", "Editors' guide"), ("fr", "Guide de rédaction")])
def test_guide_is_under_help_in_place_of_wagtails(editor, language, title):
    UserProfile.objects.create(user=get_user_model().objects.get(), preferred_language=language)
    tree = builders.parse(editor.get(GUIDE))
    assert tree.h1.get_text(strip=True) == f"{title}: {settings.VERSION}"
    menu = tree.select_one("#wagtail-sidebar-props").get_text()
    item = {"name": "editors-guide", "url": GUIDE, "label": title, "other": "keyboard-shortcuts-trigger"}
    assert [value for value in item.values() if json.dumps(value) not in menu] == []
    assert '"editor-guide"' not in menu
