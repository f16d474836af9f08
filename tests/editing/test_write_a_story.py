"""The link “Write a story” on the first page of the admin."""

import pytest
from wagtail.models import Page

from tests.support.builders import home_page, make_index, make_private, make_user, parse
from tests.support.translators import Scene, make_editor

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


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


def test_write_a_story_is_not_offered_without_the_right(client, scene):
    user = make_editor(scene.section, permissions=["change_page"])
    assert offered(client, user) == []
    # A private list is offered like any other.
    assert offered(client, make_editor(make_private(scene.section), name="private")) == [
        f"{scene.section.pk}*"
    ]
