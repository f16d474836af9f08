"""What is copied to the pages of another language counts as a translation."""

import pytest

from stories.models import StoryPage
from tests.support.builders import make_index
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.translations import make_index_in

pytestmark = pytest.mark.django_db


def seen(client, page):
    page = StoryPage.objects.get(pk=page.pk)
    return client.get(page.url).status_code == 200


def test_story_is_not_read_among_the_pages_of_another_language(client):
    person, french = make_agreeing_person({"where": ["website"]}), make_index_in("fr")
    section = make_index(make_index(), title="Part")
    story = StoryPage.objects.get(pk=make_story_about(person, parent=section).pk)
    story.copy(to=french, update_attrs={"slug": "copie"}, keep_live=True)
    section.copy(to=french, recursive=True, update_attrs={"slug": "partie"}, keep_live=True)
    assert [seen(client, page) for page in StoryPage.objects.descendant_of(french)] == [False] * 2
    assert seen(client, story)
