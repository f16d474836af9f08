"""“Write a story” on the first page of the admin, and the words of the form of a story."""

import re
from pathlib import Path

import pytest
import wagtail
from babel.messages.pofile import read_po
from django.utils.translation import gettext, ngettext
from wagtail.models import Page

from tests.support.builders import home_page, make_index, make_private, make_user, parse
from tests.support.translators import Scene, make_editor

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


def wagtails_words():
    """Yield each message, or (singular, plural), of Wagtail's apps admin and images that names an image."""
    for app in ("admin", "images"):
        path = Path(wagtail.__file__).parent / app / "locale/en/LC_MESSAGES/django.po"
        with path.open("rb") as file:
            for message in read_po(file):
                if re.search(r"\bimages?\b|alt text", str(message.id), re.IGNORECASE):
                    yield message.id


def test_wagtails_words_are_those_of_this_site():
    """Wagtail's English says "image" and "alt text". site_project/words_of_wagtail has ours."""
    said = set()
    for words in wagtails_words():
        forms = [gettext(words)] if isinstance(words, str) else [ngettext(*words, n) for n in (1, 2)]
        # Nobody reads the names of placeholders. "Wagtail images" is the name of an app.
        said.update(re.sub(r"%\(\w+\)|Wagtail images", "", form) for form in forms)

    assert len(said) > 60, "the messages were found"
    assert [form for form in said if re.search(r"\bimages?\b|alt text", form, re.IGNORECASE)] == []


# --- “Write a story” -------------------------------------------------------------------------------


@pytest.fixture
def scene():
    """A top list in English and in French. The English one has a section, in which there is an inner list."""
    return Scene()


def offered(client, user):
    """Return the keys of the lists in which the first page of the admin offers `user` to write a story.

    A key has an asterisk if the page names the list, which it does where there are several.
    """
    client.force_login(user)
    keys = []
    for link in parse(client.get("/admin/")).select(".next-steps a[href*='/add/stories/storypage/']"):
        key = link["href"].rstrip("/").rpartition("/")[2]
        is_named = f"It is written in “{Page.objects.get(pk=key).title}”." in link.parent.text
        keys.append(key + "*" * is_named)
    return keys


def test_write_a_story_leads_to_the_first_list_of_the_user(client, scene):
    other = make_index(scene.index, "Other")
    # (name of the user's group, pages that it may edit, the list that is offered, the asterisk of `offered`).
    # Lists in the language of the user's admin come first, here English, and then those higher in the tree.
    for name, pages, expected, mark in (
        ("everywhere", [home_page()], scene.index, "*"),
        ("inner", [scene.inner], scene.inner, ""),
        ("two", [scene.inner, other], other, "*"),
        ("french", [scene.french_index], scene.french_index, ""),
        ("french too", [scene.french_index, scene.inner], scene.inner, "*"),
    ):
        assert offered(client, make_editor(*pages, name=name)) == [f"{expected.pk}{mark}"], name
    assert offered(client, make_user(is_superuser=True)) == [f"{scene.index.pk}*"]
    assert offered(client, make_user("Editors")) == [f"{scene.index.pk}*"]
    assert offered(client, make_editor(scene.section, permissions=["change_page"])) == []
    # A private list is offered like any other.
    private = make_editor(make_private(scene.section), name="private")
    assert offered(client, private) == [f"{scene.section.pk}*"]
