"""Pages that wait for approval: what senders and moderators see, and which approvals are refused."""

import datetime
import re

import pytest
from django.core import mail
from django.utils import timezone
from wagtail.models import GroupApprovalTask, TaskState, Workflow, WorkflowState, WorkflowTask
from wagtail.test.utils.form_data import inline_formset

from stories.models import StoryPage
from tests.support import builders
from tests.support.choosing import edit_address
from tests.support.people import make_person, make_story_about, people_fields

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

# Without seconds, which the form does not send.
SOON = (timezone.now() + datetime.timedelta(days=3)).replace(second=0, microsecond=0)


@pytest.fixture
def author():
    return builders.make_user("Editors", first_name="Amina", last_name="Diallo")


def submit(author, title="A story", **fields):
    """Return a draft that `author` sent for approval."""
    story = builders.make_story(title, live=False, owner=author, **fields)
    Workflow.objects.get().start(story, author)
    return story


def decide_in_editor(client, story, action, **fields):
    form = builders.story_form(title=story.title, slug=story.slug, **fields)
    form |= {"action-workflow-action": "true", "workflow-action-name": action}
    client.post(edit_address(story), form)


def decide_in_list(client, story, action, **_fields):
    """Take the same arguments as decide_in_editor(). A list sends only a comment."""
    task = story.current_workflow_task_state.pk
    address = f"/admin/pages/workflow/action/{story.pk}/{action}/{task}/"
    assert client.post(address, {"comment": "Her town is named."}).status_code == 302


def shown(client, address="/admin/guide/"):
    """Return the words of the messages on the page at `address`, by default on one that is made quickly."""
    return messages_on(builders.parse(client.get(address)))


def messages_on(page):
    return [" ".join(each.get_text(" ").split()) for each in page.select(".messages li")]


def test_moderator_sees_who_sent_it_and_approves_with_the_first_button(moderator, author):
    story = submit(author)

    page = builders.parse(moderator.get(edit_address(story)))
    [sent] = [each for each in messages_on(page) if "sent this page" in each]
    assert re.match(r"Amina Diallo sent this page for approval on .* UTC\. Nothing about its people is", sent)
    buttons = page.select("nav[aria-label='Actions (footer)'] button")
    assert buttons[0].get_text(strip=True) == "Approve and Publish"
    assert "See what changed" not in page.text  # because the story was never live


def test_moderator_is_told_that_a_story_waits_for_the_safeguarding_team(moderator, author):
    story = make_story_about(make_person(), live=False, owner=author)
    Workflow.objects.get().start(story, author)
    assert "It waits for the safeguarding team" in " ".join(shown(moderator, edit_address(story)))
    story.people = ""  # An editor has to answer.
    story.save_revision()
    assert "waits for the safeguarding team" not in " ".join(shown(moderator, edit_address(story)))


def test_who_sent_it_is_told_neither_to_the_moderator_who_did_nor_to_an_editor(client, author, moderator):
    own = submit(moderator.user)
    assert "sent this page" not in moderator.get(edit_address(own)).text
    client.force_login(author)
    assert "sent this page" not in client.get(edit_address(own)).text


def test_sender_is_told_what_prevents_publishing_and_how_to_change_it(client, author):
    client.force_login(author)
    person = make_person()
    story = make_story_about(person, title="A story", slug="a-story", live=False, owner=author)
    form = builders.story_form("submit", title="A story", slug="a-story", **people_fields(story))
    client.post(edit_address(story), form)
    said = " ".join(shown(client))
    assert "It is sent, but it can't be published yet: People in this page : " in said
    assert f"There is no consent of {person.code} yet" in said
    assert "To change it, choose “Cancel workflow” below" in " ".join(shown(client, edit_address(story)))

    # Nothing prevents publishing this story.
    other = builders.make_story("Met", slug="met", live=False, owner=author)
    client.post(edit_address(other), builders.story_form("submit", slug="met"))
    assert "can't be published" not in " ".join(shown(client))


def test_story_is_not_sent_before_its_editor_said_who_is_in_it(client, author, subtests):
    client.force_login(author)
    story = builders.make_story("A story", slug="a-story", live=False, owner=author)
    listed = inline_formset([{"id": "", "contributor": make_person().pk, "naming": ""}])
    cases = {
        "Say who is in this page.": {"people": ""},
        "Choose the people in this page.": {"people": "listed"},
        "There are people in the list": {"people": "none", "story_people": listed},
    }
    for text, fields in cases.items():
        for sent in (story, None):
            with subtests.test(text, story=sent):
                form = builders.check_story_form("submit", sent, slug="sent", **fields)
                assert text in str(form.errors["people"])
    # The page editor shows the error beside the field: here that of the last case.
    page = builders.parse(client.post(edit_address(story), builders.story_form("submit", **fields)))
    assert text in page.select_one("[data-contentpath=people]").get_text()
    assert not WorkflowState.objects.exists()
    saved = client.post(edit_address(story), builders.story_form(slug="a-story", people=""))
    assert saved.status_code == 302


def test_message_offers_to_edit_only_to_those_who_may(client, author, moderator):
    new = f"/admin/pages/add/stories/storypage/{builders.make_index().pk}/"
    for user, label in ((author, "Open"), (moderator.user, "Edit")):
        client.force_login(user)
        story = builders.make_story("A story", slug=f"a-story-{user.pk}", live=False, owner=user)
        for address, slug in ((edit_address(story), story.slug), (new, f"new-{user.pk}")):
            client.post(address, builders.story_form("submit", slug=slug))
            links = builders.parse(client.get("/admin/guide/")).select(".messages a")
            assert [each.get_text(strip=True) for each in links] == ["View draft", label]


def test_moderator_sees_what_changed_in_a_live_story(moderator, author):
    builders.make_story("A story", owner=author).save_revision().publish()
    story = StoryPage.objects.get()
    story.summary = "Other words."
    story.save_revision()
    Workflow.objects.get().start(story, author)
    page = builders.parse(moderator.get(edit_address(story)))
    [link] = [each for each in page.select(".messages a") if each.get_text(strip=True) == "See what changed"]
    compared = builders.parse(moderator.get(link["href"]))
    assert "Other words." in compared.select_one("main").get_text(" ")


@pytest.mark.parametrize("decide", [decide_in_editor, decide_in_list])
def test_message_says_what_the_decision_did(moderator, author, decide):
    story = submit(author)
    decide(moderator, story, "approve")
    message = builders.parse(moderator.get("/admin/guide/")).select(".messages li")[-1]
    assert " ".join(message.get_text(" ").split()).startswith("Page 'A story' has been published.")
    assert {link.get_text(strip=True): link["href"] for link in message.select("a")} == {
        "View live": story.url
    }

    later = submit(author, "Later", go_live_at=SOON)
    decide(moderator, later, "approve", go_live_at=SOON.strftime("%Y-%m-%dT%H:%M"))
    [*_, said] = shown(moderator)
    assert f"is approved, and goes live on {SOON.day} {SOON:%B %Y}, {SOON:%H:%M} UTC" in said
    assert "View live" not in said

    back = submit(author, "Back")
    decide(moderator, back, "reject")
    assert "was sent back" in shown(moderator)[-1]


def test_only_the_last_of_two_approvals_publishes_and_is_checked(moderator, author):
    workflow, groups = Workflow.objects.get(), moderator.user.groups.all()
    task = GroupApprovalTask.objects.create(name="Second")
    task.groups.set(groups)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    story = make_story_about(make_person(), title="A story", slug="a-story", live=False, owner=author)
    workflow.start(story, author)

    form = builders.story_form(title="A story", slug="a-story", **people_fields(story))
    form |= {"action-workflow-action": "true", "workflow-action-name": "approve"}
    assert moderator.post(edit_address(story), form).status_code == 302
    assert "is approved, and waits for the next approval" in shown(moderator)[-1]
    page = builders.parse(moderator.post(edit_address(story), form))
    assert "There is no consent" in page.select_one("[data-contentpath=people]").get_text()
    assert not StoryPage.objects.get(pk=story.pk).live


@pytest.mark.parametrize("is_overwriting", [False, True])
def test_list_approves_only_what_was_sent(moderator, author, is_overwriting):
    """Wagtail would publish what was autosaved since, although a colleague may still be writing it."""
    story = submit(author)
    story.summary = "Half a sen"
    # Only the user of a revision may overwrite it. That of `story` has none.
    overwritten = story.latest_revision if is_overwriting else None
    story.save_revision(user=None if is_overwriting else moderator.user, overwrite_revision=overwritten)
    task = story.current_workflow_task_state
    address = f"/admin/pages/workflow/action/{story.pk}/approve/{task.pk}/"
    dialog = moderator.post(address, headers={"x-requested-with": "XMLHttpRequest"}).json()
    assert dialog == {"step": "success", "redirect": edit_address(story)}
    decide_in_list(moderator, story, "approve")
    assert "was changed since it was sent" in shown(moderator)[-1]
    assert not StoryPage.objects.get().live
    decide_in_editor(moderator, story, "approve", summary="A whole sentence.")
    assert StoryPage.objects.get().live
    assert StoryPage.objects.get().summary == "A whole sentence."


def test_approval_is_refused_with_a_message_if_another_page_has_the_address_by_now(moderator, author):
    story = builders.make_story("A story", slug="before", owner=author)
    story.slug = "a-story"
    story.save_revision()
    Workflow.objects.get().start(story, author)
    builders.make_story("Another story", slug="a-story")
    decide_in_list(moderator, story, "approve")
    assert "already in use" in shown(moderator)[-1]
    story.refresh_from_db()
    assert story.slug == "before" and story.workflow_in_progress


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_address_of_a_page_decides_about_no_other_page(moderator, author, action):
    """The admin checks the page in the address. The decision is about a task, which has a key of its own."""
    story, other = submit(author), submit(author, "Back")
    task = other.current_workflow_task_state
    address = f"/admin/pages/workflow/action/{story.pk}/{action}/{task.pk}/"
    assert moderator.post(address, {"comment": ""}).status_code == 404
    task.refresh_from_db()
    assert task.status == TaskState.STATUS_IN_PROGRESS


@pytest.mark.parametrize("case", ["public", "scheduled", "below a draft"])
def test_mail_after_the_approval_leads_to_no_404(
    moderator, author, client, case, django_capture_on_commit_callbacks
):
    if case == "scheduled":
        story = submit(author, "Later", go_live_at=SOON)
    else:
        parent = None
        if case == "below a draft":
            parent = builders.make_index(builders.make_index(), title="Hidden", live=False)
        story = submit(author, parent=parent)

    with django_capture_on_commit_callbacks(execute=True):
        decide_in_list(moderator, story, "approve")

    [message] = mail.outbox
    assert message.to == [author.email]
    links = set(re.findall(r"https?://[^/\s]+(/\S*)", message.body))
    expected = {edit_address(story), "/admin/account/#tab-notifications"}
    assert links == expected | ({story.url} if case == "public" else set())
    assert case != "public" or client.get(story.url).status_code == 200
    assert ("It goes live on" in message.body) == (case == "scheduled")
