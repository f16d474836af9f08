"""Moderation, publishing other than in the page editor, and the permissions of Editors and Moderators."""

import datetime

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageLogEntry

from home.models import SiteSettings
from stories.models import StoryPage
from stories.terms import Author, Country, Theme
from tests.support.builders import (
    make_author,
    make_index,
    make_story,
    make_theme,
    make_user,
    story_form,
)

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


def test_editor_submits_and_moderator_approves(client, editor, moderator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        story = submit(client, editor)
    assert not is_live(story)
    assert [message.to for message in mail.outbox] == [[moderator.email]]

    client.force_login(moderator)
    assert "A new story" in client.get("/admin/").text
    decide(client, story, "approve")

    client.logout()
    assert "Words of the story." in client.get("/stories/a-new-story/").text


def test_moderator_approves_in_the_page_editor(client, editor, moderator):
    story = submit(client, editor)
    client.force_login(moderator)
    form = story_form(title="Better title")
    form |= {"action-workflow-action": "true", "workflow-action-name": "approve"}

    client.post(f"/admin/pages/{story.pk}/edit/", form)

    client.logout()
    assert "Better title" in client.get("/stories/a-new-story/").text


def test_moderator_sends_a_story_back_with_a_reason(
    client, editor, moderator, django_capture_on_commit_callbacks
):
    story = submit(client, editor)
    client.force_login(moderator)

    with django_capture_on_commit_callbacks(execute=True):
        decide(client, story, "reject", comment="Her town is named.")

    assert not is_live(story)
    assert [message.to for message in mail.outbox] == [[editor.email]]
    client.force_login(editor)
    assert "Her town is named." in client.get(f"/admin/pages/{story.pk}/edit/").text


def test_editor_may_not_approve(client, editor):
    story = submit(client, editor)

    decide(client, story, "approve")

    assert not is_live(story)


def test_incomplete_story_is_not_submitted(client, editor):
    client.force_login(editor)
    address = f"/admin/pages/add/stories/storypage/{make_index().pk}/"

    response = client.post(address, story_form("submit", date="", summary=""))

    assert sorted(response.context["form"].errors) == ["date", "summary"]
    assert not StoryPage.objects.exists()


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


# --- Permissions ---------------------------------------------------------------------------------

THEMES, AUTHORS, COUNTRIES = (f"/admin/snippets/stories/{name}/" for name in ("theme", "author", "country"))
SETTINGS = "/admin/settings/home/sitesettings/"


@pytest.mark.parametrize(("group", "is_moderator"), [("Editors", False), ("Moderators", True)])
def test_permissions_of_each_group(client, group, is_moderator):
    """tests/editing/test_admin_routes.py tries which pages each group may open."""
    client.force_login(make_user(group))
    assert_adds_and_changes_terms(client)
    assert_changes_no_country(client)
    change_settings(client)
    assert SiteSettings.objects.filter(organisation_name="A charity").exists() == is_moderator
    client.post(f"{THEMES}delete/{make_theme('Debt').pk}/")
    client.post(f"{AUTHORS}delete/{make_author('Amina').pk}/")
    assert Theme.objects.filter(name="Debt").exists() != is_moderator
    assert Author.objects.filter(name="Amina").exists() != is_moderator


def assert_adds_and_changes_terms(client):
    client.post(f"{THEMES}add/", {"name": "Going home", "description": ""})
    client.post(f"{AUTHORS}add/", {"name": "Staff", "role": "", "picture": ""})
    theme, author = Theme.objects.get(), Author.objects.get()
    client.post(f"{THEMES}edit/{theme.pk}/", {"name": "Return", "description": "Words."})
    client.post(f"{AUTHORS}edit/{author.pk}/", {"name": "The team", "role": "", "picture": ""})
    assert (Theme.objects.get().name, Author.objects.get().name) == ("Return", "The team")
    assert "Return" in client.get(THEMES).text
    assert "The team" in client.get(AUTHORS).text


def assert_changes_no_country(client):
    assert "Kenya" in client.get(f"{COUNTRIES}?q=kenya").text
    for action in ("add/", "edit/KE/", "delete/KE/"):
        response = client.post(f"{COUNTRIES}{action}", {"code": "XX", "slug": "xx", "region": "asia"})
        assert response.status_code == 302
    assert Country.objects.count() == 249  # all of ISO 3166, from the migrations
    assert Country.objects.get(code="KE").slug == "kenya"


def change_settings(client):
    fields = {"organisation_name": "A charity", "palette": "sea", "logo": "", "contact_email": ""}
    fields |= {"donate_url": "", "leave_url": "https://example.org/", "robots": "all"}
    # SETTINGS redirects to the form for the only site, and editors, who may not open it, to the first page.
    client.post(client.get(SETTINGS).url, fields | {"social_links-count": "0"})


# "" is no group: this user has no access to the admin.
@pytest.mark.parametrize(("group", "offered"), [("Editors", True), ("Moderators", True), ("", False)])
def test_first_page_of_the_admin_says_what_to_do_next(client, group, offered):
    index = make_index()
    client.force_login(make_user(group))

    html = client.get("/admin/", follow=True).text

    assert (f"/admin/pages/add/stories/storypage/{index.pk}/" in html) == offered
