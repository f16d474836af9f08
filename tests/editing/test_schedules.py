"""Schedules: a cancelled one leaves no date behind, and the page editor names the zone of a time.

A version whose end has passed is not published.
"""

import datetime

import pytest
from django.utils import timezone
from wagtail.models import Workflow
from wagtail.users.models import UserProfile

from stories.models import StoryPage
from tests.support import builders
from tests.support.choosing import edit_address

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

SOON = (timezone.now() + datetime.timedelta(days=3)).replace(second=0, microsecond=0)


def schedule(moderator, story):
    """Schedule the draft of `story` in the page editor, and return its new state."""
    form = builders.story_form("publish", title=story.title, slug=story.slug)
    moderator.post(edit_address(story), form | {"go_live_at": SOON.strftime("%Y-%m-%dT%H:%M")})
    story = StoryPage.objects.get(pk=story.pk)
    assert story.scheduled_revision.approved_go_live_at == SOON
    return story


def publish_button(moderator, story):
    return builders.parse(moderator.get(edit_address(story))).select_one("[name=action-publish]").text.strip()


def unschedule(moderator, story):
    moderator.post(f"/admin/pages/{story.pk}/revisions/{story.scheduled_revision.pk}/unschedule/")


@pytest.mark.parametrize("live", [False, True])
def test_story_can_be_published_at_once_after_its_schedule_was_cancelled(moderator, live):
    story = schedule(moderator, builders.make_story("A story", slug="a-story", live=live))

    unschedule(moderator, story)

    assert publish_button(moderator, story) == "Publish"
    moderator.post(edit_address(story), builders.story_form("publish", title="Now", slug="a-story"))
    assert StoryPage.objects.get(pk=story.pk).title == "Now"
    assert StoryPage.objects.get(pk=story.pk).live


def test_cancelling_an_old_version_leaves_the_schedule_of_another(moderator):
    story = builders.make_story("A story", slug="a-story", live=False)
    old = story.latest_revision
    story = schedule(moderator, story)

    moderator.post(f"/admin/pages/{story.pk}/revisions/{old.pk}/unschedule/")

    story = StoryPage.objects.get(pk=story.pk)
    assert story.scheduled_revision.as_object().go_live_at == SOON


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Time zone: Africa/Nairobi"), ("fr", "Fuseau horaire")]
)
def test_times_name_their_zone(moderator, language, text, settings):
    settings.TIME_ZONE = "Africa/Nairobi"
    # Not LANGUAGE_CODE: Django keeps the prefixes of addresses, which depend on it, for later tests.
    UserProfile.objects.create(user=moderator.user, preferred_language=language)
    story = save_with_time(builders.make_story("A story", live=False))

    page = moderator.get(edit_address(story)).text

    assert text in page
    local = SOON.astimezone(datetime.timezone(datetime.timedelta(hours=3)))  # EAT, Nairobi's time
    assert f"{local:%H:%M} EAT" in page


def save_with_time(story):
    story.go_live_at = SOON
    story.save_revision()
    return story


def address_to_approve(moderator, story):
    """Send `story` for approval, and return the address that approves it from a list."""
    state = Workflow.objects.get().start(story, moderator.user)
    return f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"


def address_to_publish(_moderator, story):
    return f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}&next=/admin/"


@pytest.mark.parametrize("address_of", [address_to_approve, address_to_publish])
def test_version_whose_end_has_passed_is_not_published_from_a_list(moderator, address_of):
    """The form of the page editor refuses it too."""
    story = builders.make_story(live=False, expire_at=timezone.now() - datetime.timedelta(minutes=1))

    response = moderator.post(address_of(moderator, story), {"comment": ""}, follow=True)

    assert "Expiry date/time must be in the future." in response.text
    assert not StoryPage.objects.get(pk=story.pk).live
