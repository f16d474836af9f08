"""The editors' guide is under Help, its links and pictures work, and it quotes the words of the interface."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
import wagtail
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.utils.translation import gettext, override
from PIL import Image
from wagtail.models import Locale, Site, Workflow
from wagtail.users.models import UserProfile

from tests.support import admin_world, builders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

GUIDE = "/admin/guide/"
# Pages of the admin with most of the words that the guide quotes, each with some that no other one has. Names
# in braces are objects of `world`.
PAGES = [
    "/",
    "stories/",
    "trash/",
    "account/",
    "users/",
    "users/new/",
    "images/",
    "images/{image}/",
    "images/multiple/add/",
    "pages/{index}/edit/",
    "pages/add/home/standardpage/{root}/",
    "pages/{waiting}/edit/",
    "pages/{returned}/edit/",
    "pages/{live}/hide/",
    "pages/{hidden}/show/",
    "pages/{returned}/history/",
    "pages/{returned}/history/?every_save=1",
    "pages/{returned}/revisions/{revision}/revert/",
    "pages/{live}/copy/",
    "pages/{live}/move/{root}/confirm/",
    "pages/{live}/delete/",
    "people_chooser/",
    "snippets/search/vocabularygroup/add/",
    "settings/home/sitesettings/{site}/",
]
# Words that scripts, dialogs and other pages show. Each is a message of Wagtail's or this site's catalogues.
FROM_CATALOGUES = {
    "Add a passkey", "Add to the library", "Approved", "Cancel scheduled publish", "Changes requested",
    "Confirm selection", "Current draft", "Drafts left alone for a month",
    "Forget phone, passkeys and codes", "From WordPress", "Insert a block", "Invite again",
    "Links to pages that are gone or not public", "Live stories that lack something", "Looked at",
    "Needs eyes", "New vocabulary group", "Recovery codes", "Scheduled", "Scheduled this week", "Second step",
    "See what changed", "Upload", "Waiting for you", "Write something or type ‘/’ to insert a block",
    "live, held",
}  # fmt: skip


@pytest.fixture
def guide(admin_client):
    return builders.parse(admin_client.get(GUIDE)).select_one("article.guide")


@pytest.fixture
def world(media_root):
    """Return {name: primary key} of the objects whose pages are opened."""
    section = admin_world.Section("Own", "Plain")
    Locale.objects.create(language_code="fr")
    returned = builders.make_story("Sent back", section.index, live=False)
    author = builders.make_user()
    first, _latest = (returned.save_revision(user=author, log_action=True) for _number in range(2))
    Workflow.objects.get().start(returned, author)
    returned.current_workflow_task_state.reject(user=author, comment="Shorter")
    return {
        "root": builders.home_page().pk,
        "site": Site.objects.get().pk,
        "index": section.index.pk,
        "waiting": section.draft.pk,
        "returned": returned.pk,
        "revision": first.pk,
        "live": section.live.pk,
        "hidden": section.scheduled.object_id,  # the page of this revision, which admin_world hides
        "image": section.image.pk,
        "trashed": section.trashed.pk,  # Without it, the trash says only that it is empty.
    }


def words_in(text):
    """Yield the texts and attributes in `text`, which may be HTML, JSON with HTML, or HTML with JSON."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            yield from words_in_json(json.loads(text))
            return
        except ValueError:
            pass
    if "<" in text:
        yield from WordsParser(text).words
    else:
        yield " ".join(text.split()).rstrip("* ")  # The label of a required field ends with "*".


class WordsParser(HTMLParser):
    """Collects the texts and attributes of HTML in `words`. A tree of the elements would take longer."""

    def __init__(self, text):
        super().__init__()
        self.text, self.words = text, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        for _name, value in attrs:
            self.handle_data(value or "")

    def handle_data(self, data):
        # A text with a sign "<" that begins no tag comes back as it is.
        self.words.extend([data] if data == self.text else words_in(data))


def words_in_json(value):
    if isinstance(value, str):
        yield from words_in(value)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from words_in_json(each)


def messages():
    """Return the messages of Wagtail's and this site's catalogues, as the interface shows them in English."""
    # The IDs of the site's messages are their English words, in the catalogue of any language.
    ours = settings.BASE_DIR / "site_project/locale/fr/LC_MESSAGES/django.po"
    found = set()
    for path in [ours, *Path(wagtail.__file__).parent.rglob("locale/en/LC_MESSAGES/django*.po")]:
        with path.open("rb") as file:
            found |= {message.id for message in read_po(file) if isinstance(message.id, str)}
    with override("en"):
        return {gettext(message).strip() for message in found if message}


def test_quoted_words_are_those_of_the_interface(guide, admin_client, world):
    quoted = {" ".join(label.get_text().split()) for label in guide.select(".guide-label")}
    shown = set()
    for page in PAGES:
        response = admin_client.get(f"/admin/{page.lstrip('/').format(**world)}")
        assert response.status_code == 200, page
        shown |= set(words_in(response.text))
    assert len(quoted) > 100  # The selector found the quoted words.
    assert quoted - shown == FROM_CATALOGUES
    assert FROM_CATALOGUES - messages() == set()


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
    menu = json.loads(tree.select_one("#wagtail-sidebar-props").get_text())
    assert tree.h1.get_text(strip=True) == title
    names = [item.get("name") for item in dictionaries(menu)]
    (item,) = [item for item in dictionaries(menu) if item.get("name") == "editors-guide"]
    assert (item["url"], item["label"]) == (GUIDE, title)
    assert "keyboard-shortcuts-trigger" in names
    assert "editor-guide" not in names


def dictionaries(value):
    """Yield each dictionary of the JSON `value`."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from dictionaries(each)
