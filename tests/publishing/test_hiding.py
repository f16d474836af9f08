"""A page that was hidden with “Hide now” is not shown until it is shown again.

It is one of the ways to hide a story in tests/support/hidden_pages.py, which the tests of all places that
list pages use.
"""

import pytest
from django.test import Client
from wagtail.models import PageLogEntry

from publishing.hiding import HIDE, SHOW, hide, show_again
from publishing.models import HiddenPage, TrashedPage
from publishing.trash import move_to_trash
from tests.support import builders

pytestmark = pytest.mark.django_db


def status(page):
    return Client().get(page.url).status_code


@pytest.mark.usefixtures("committed")
def test_page_is_hidden_until_it_is_shown_again():
    story, other = builders.make_story(), builders.make_story()
    assert (status(story), status(other)) == (200, 200)

    assert hide(story)
    assert (status(story), status(other)) == (404, 200)
    assert not hide(story)

    show_again(story)
    assert (status(story), status(other)) == (200, 200)
    show_again(story)
    actions = PageLogEntry.objects.filter(page=story.pk).order_by("pk").values_list("action", flat=True)
    assert list(actions)[-2:] == [HIDE, SHOW]


def test_publishing_a_hidden_page_does_not_show_it():
    story = builders.make_story()
    hide(story)
    story.unpublish()
    story.save_revision().publish()
    assert status(story) == 404


def test_pages_stay_hidden_and_in_the_trash_without_their_user():
    user = builders.make_user()
    hide(builders.make_story(), user)
    move_to_trash(builders.make_story(), user)
    user.delete()
    assert (HiddenPage.objects.get().user, TrashedPage.objects.get().user) == (None, None)
