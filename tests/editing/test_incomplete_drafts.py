"""An incomplete draft stays a draft in all ways to publish other than the page editor."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageLogEntry, Workflow

from stories.models import StoryPage
from tests.support.builders import make_index, make_story, make_user, story_form
from tests.support.choosing import edit_address

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

# Fields of drafts in which something is missing.
INCOMPLETE = {
    "no date and summary": {"date": None, "summary": ""},
    "no body": {"body": []},
    "empty heading": {"body": [{"type": "heading", "value": {"text": "", "level": "2"}}]},
}


@pytest.fixture
def incomplete():
    """A draft for each of INCOMPLETE."""
    return [make_story(title, live=False, **missing) for title, missing in INCOMPLETE.items()]


def publish_from_list(client, *pages):
    ids = "&".join(f"id={page.pk}" for page in pages)
    address = f"/admin/bulk/wagtailcore/page/publish/?{ids}&next=/admin/desk/waiting/"
    assert client.get(address).status_code == 200  # the page that asks for the confirmation
    return client.post(address, {"include_descendants": "on"}, follow=True)


def are_live(*stories):
    """Return for each of `stories` whether it is live."""
    return [StoryPage.objects.get(pk=story.pk).live for story in stories]


def test_complete_drafts_are_published_from_a_list_and_incomplete_ones_are_not(moderator, incomplete):
    drafts = [make_story(live=False), make_story(live=False)]

    response = publish_from_list(moderator, *drafts, *incomplete)

    assert are_live(*drafts, *incomplete) == [True] * 2 + [False] * 3
    for story in incomplete:
        assert f"Something is missing here: {story.title}." in response.text


def test_draft_that_is_chosen_with_the_page_above_it_is_published_once(moderator):
    section = make_index(make_index(), "Section", live=False)
    story = make_story("Below", section, live=False)
    publish_from_list(moderator, section, story)
    assert are_live(story) == [True]
    assert PageLogEntry.objects.filter(page=story.pk, action="wagtail.publish").count() == 1


def test_incomplete_draft_below_is_not_published_with_its_section(moderator, incomplete):
    assert publish_from_list(moderator, make_index()).status_code == 200
    assert not any(are_live(*incomplete))


def test_story_in_moderation_stays_complete(moderator):
    """The form is validated, because the approval publishes the story without validation."""
    story = make_story("A story", live=False)
    Workflow.objects.get().start(story, make_user("Editors"))
    for fields, errors in (
        ({"date": "", "summary": "", "body": ()}, ["body", "date", "summary"]),
        ({"body": [("heading", {"text": "", "level": "2"})]}, ["body"]),
    ):
        response = moderator.post(edit_address(story), story_form(**fields))
        assert sorted(response.context["form"].errors) == errors


def test_incomplete_story_does_not_stop_other_scheduled_stories(moderator, incomplete, time_machine):
    soon = timezone.now() + datetime.timedelta(hours=1)
    for story in incomplete:
        story.go_live_at = soon
        story.save_revision(clean=False)
    publish_from_list(moderator, *incomplete)
    complete = make_story("Complete", live=False, go_live_at=soon)
    complete.save_revision().publish()

    time_machine.move_to(soon + datetime.timedelta(minutes=5))
    call_command("publish_scheduled")

    assert are_live(complete, *incomplete) == [True, False, False, False]
