"""Moderation, publishing other than in the page editor, and the permissions of Editors and Moderators."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageLogEntry

from stories.models import StoryPage
from tests.support.builders import make_index, make_story, make_user, story_form

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.fixture
def editor():
    return make_user("Editors")


@pytest.fixture
def moderator():
    return make_user("Moderators")


def submit(client, editor):
    """Return the story that `editor` writes and submits to moderation."""
    client.force_login(editor)
    client.post(f"/admin/pages/add/stories/storypage/{make_index().pk}/", story_form("submit"))
    return StoryPage.objects.get(slug="a-new-story")


def decide(client, story, action, comment=""):
    """Approve or reject `story` from a list, without opening it."""
    task = story.current_workflow_task_state
    address = f"/admin/pages/workflow/action/{story.pk}/{action}/{task.pk}/"
    response = client.post(address, {"comment": comment})
    assert response.status_code == 302


def publish_from_list(client, *pages):
    ids = "&".join(f"id={page.pk}" for page in pages)
    address = f"/admin/bulk/wagtailcore/page/publish/?{ids}&next=/admin/desk/waiting/"
    assert client.get(address).status_code == 200  # the page that asks for the confirmation
    return client.post(address, {"include_descendants": "on"}, follow=True)


def is_live(story):
    return StoryPage.objects.get(pk=story.pk).live


# --- Moderation ----------------------------------------------------------------------------------


# --- Other ways to publish: an incomplete draft stays a draft -------------------------------------

# Fields of drafts in which something is missing.
INCOMPLETE = {
    "no date and summary": {"date": None, "summary": ""},
    "no body": {"body": []},
    "empty heading": {"body": [{"type": "heading", "value": {"text": "", "level": "2"}}]},
}


def make_incomplete(**fields):
    """Return a draft for each of INCOMPLETE."""
    return [make_story(title, live=False, **fields | missing) for title, missing in INCOMPLETE.items()]


def test_complete_drafts_are_published_from_a_list_and_incomplete_ones_are_not(client, moderator):
    drafts, incomplete = [make_story(live=False), make_story(live=False)], make_incomplete()
    client.force_login(moderator)

    response = publish_from_list(client, *drafts, *incomplete)

    assert all(is_live(story) for story in drafts)
    assert not any(is_live(story) for story in incomplete)
    for story in incomplete:
        assert f"Something is missing here: {story.title}." in response.text


def test_draft_that_is_chosen_with_the_page_above_it_is_published_once(client, moderator):
    client.force_login(moderator)
    section = make_index(make_index(), "Section", live=False)
    story = make_story("Below", section, live=False)
    publish_from_list(client, section, story)
    assert is_live(story)
    assert PageLogEntry.objects.filter(page=story.pk, action="wagtail.publish").count() == 1


def test_incomplete_draft_below_is_not_published_with_its_section(client, moderator):
    incomplete = make_incomplete()
    client.force_login(moderator)

    response = publish_from_list(client, make_index())

    assert response.status_code == 200
    assert not any(is_live(story) for story in incomplete)


def test_story_in_moderation_stays_complete(client, editor, moderator):
    """The form is validated, because the approval publishes the story without validation."""
    story = submit(client, editor)
    client.force_login(moderator)

    for fields, errors in (
        ({"date": "", "summary": "", "body": ()}, ["body", "date", "summary"]),
        ({"body": [("heading", {"text": "", "level": "2"})]}, ["body"]),
    ):
        response = client.post(f"/admin/pages/{story.pk}/edit/", story_form(**fields))
        assert sorted(response.context["form"].errors) == errors
    decide(client, story, "approve")
    client.logout()
    assert "Words of the story." in client.get("/stories/a-new-story/").text


def test_incomplete_story_does_not_stop_other_scheduled_stories(client, moderator, time_machine):
    soon = timezone.now() + datetime.timedelta(hours=1)
    incomplete = make_incomplete(go_live_at=soon)
    client.force_login(moderator)
    publish_from_list(client, *incomplete)
    complete = make_story("Complete", live=False, go_live_at=soon)
    complete.save_revision().publish()

    time_machine.move_to(soon + datetime.timedelta(minutes=5))
    call_command("publish_scheduled")

    assert not any(is_live(story) for story in incomplete)
    assert is_live(complete)
