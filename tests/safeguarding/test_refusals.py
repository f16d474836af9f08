"""The messages to users when a story can't be published. The story stays as it was."""

import datetime

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from wagtail.test.utils.form_data import inline_formset

from publishing.schedules import publish_due
from safeguarding.scopes import Naming, Picture
from stories.models import StoryPage
from tests.support import builders, people, protected_person
from tests.support.undone import undone

NAME = "Amina-of-the-tests"


def publish(client, story, **fields):
    return people.send_form(client, story, "publish", **fields)


@pytest.mark.sqlite_only
def test_editor_says_beside_each_field_what_is_missing(client, moderator):
    answers = {"picture": Picture.NOT_RECOGNISABLE, "proceedings": None}
    person = people.make_agreeing_person(answers, names=NAME)
    image = builders.make_image(shows="person")
    image.people.add(person)
    story = people.make_story_about(person, naming=None, live=False)
    response = publish(client, story, lead_image=image.pk, lead_image_alt="Somebody")
    errors = {name: list(found) for name, found in response.context["form"].errors.items()}
    assert sorted(errors) == ["lead_image", "people"]
    # One about the picture, and two about the person.
    assert [person.code in text for texts in errors.values() for text in texts] == [True] * 3
    assert NAME not in response.text
    assert all(text in response.text for texts in errors.values() for text in texts)
    assert not protected_person.is_live(story)


@pytest.mark.sqlite_only
def test_approval_leads_to_the_editor_and_stays_open(client, moderator):
    person = people.make_person(names=NAME)
    story = people.make_story_about(person, live=False)
    task = builders.make_index().get_workflow().start(story, moderator.user).current_task_state
    address = f"/admin/pages/workflow/action/{story.pk}/approve/{task.pk}/"
    editor = f"/admin/pages/{story.pk}/edit/"
    assert client.post(address, {"comment": ""})["Location"] == editor
    text = client.get(editor).text
    assert f"There is no consent of {person.code} yet" in text
    assert NAME not in text
    in_modal = {"headers": {"X-Requested-With": "XMLHttpRequest"}}
    assert client.post(address, {"comment": ""}, **in_modal).json()["redirect"] == editor
    task.refresh_from_db()
    assert task.status == task.STATUS_IN_PROGRESS
    people.record(person, **people.ALL_AGREED)
    for options in ({}, in_modal):
        with undone():
            client.post(address, {"comment": ""}, **options)
            assert protected_person.is_live(story)


def test_scheduled_story_waits_until_its_people_agree(django_capture_on_commit_callbacks):
    author = builders.make_user("Moderators")
    person = people.make_person()
    # No mail can be sent to the owner.
    owner = builders.make_user("Editors", email="a\n@example.org")
    waiting, other = people.make_story_about(person, live=False, owner=owner), builders.make_story(live=False)
    revisions = [story.save_revision(user=author, clean=False) for story in (waiting, other)]
    for number, revision in enumerate(revisions):
        builders.save_with(revision, approved_go_live_at=timezone.now() + datetime.timedelta(hours=number))
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        with django_capture_on_commit_callbacks(execute=True):
            for _run in range(2):  # The second one sends no second mail.
                publish_due()
                assert (protected_person.is_live(waiting), protected_person.is_live(other)) == (False, True)
            assert not mail.outbox, "No transaction is open while a mail is sent."
        assert [message.to for message in mail.outbox] == [[author.email]]
        assert f"/admin/pages/{waiting.pk}/edit/" in mail.outbox[0].body
        people.record(person, **people.ALL_AGREED)
        publish_due()
    assert protected_person.is_live(waiting)


def test_consent_has_to_last_until_the_story_goes_live(client, moderator):
    person = people.make_agreeing_person({"ends_on": timezone.localdate() + datetime.timedelta(days=2)})
    story = people.make_story_about(person, live=False)
    for days, is_refused in ((4, True), (1, False)):
        day = timezone.localdate() + datetime.timedelta(days=days)
        assert (publish(client, story, go_live_at=f"{day} 10:00").status_code == 200) == is_refused
    assert StoryPage.objects.get(pk=story.pk).scheduled_revision


@pytest.mark.sqlite_only
def test_editor_judges_the_people_that_are_sent_and_not_those_that_are_stored(client, moderator):
    person = people.make_agreeing_person({"naming": Naming.CHANGED})
    story = builders.make_story(live=False, people="")
    row = {"id": "", "contributor": person.pk, "naming": Naming.CHANGED}
    assert publish(client, story, people="listed", story_people=inline_formset([row])).status_code == 302
    story = StoryPage.objects.get(pk=story.pk)
    assert (story.live, story.story_people.get().contributor) == (True, person)

    for name, value, text in (("naming", 2, "not agree to be named"), ("DELETE", "on", "Choose the people")):
        response = publish(client, story, **{f"story_people-0-{name}": value})
        assert text in str(response.context["form"].errors["people"])
