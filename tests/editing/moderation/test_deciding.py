"""Pages that wait for approval: what senders and moderators see, what is refused, and who gets which mails.

`writer` is a client whose user may edit pages of the section `own`, and none of the section `elsewhere`.
"""

import datetime
import itertools
import re
from smtplib import SMTPAuthenticationError

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.utils import timezone
from wagtail.models import Comment, GroupApprovalTask, Page, PageSubscription, Workflow, WorkflowTask
from wagtail.test.utils.form_data import inline_formset

from editing.access.mails import may_be_told
from stories.models import StoryPage
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import edit_address
from tests.support.people import make_person, make_story_about, people_fields
from tests.support.undone import undone

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
    return client.post(edit_address(story), form)


def action_address(story, action, task):
    return f"/admin/pages/workflow/action/{story.pk}/{action}/{task.pk}/"


def decide_in_list(client, story, action, **_fields):
    """Take the same arguments as decide_in_editor(). A list sends only a comment."""
    address = action_address(story, action, story.current_workflow_task_state)
    assert client.post(address, {"comment": "Her town is named."}).status_code == 302


def shown(client, address="/admin/guide/"):
    """Return the words of the messages on the page at `address`, by default on one that is made quickly."""
    messages = builders.parse(client.get(address)).select(".messages li")
    return [" ".join(each.get_text(" ").split()) for each in messages]


def test_moderator_sees_who_sent_it_and_approves_with_the_first_button(moderator, author, client):
    story = submit(author)
    page = builders.parse(moderator.get(edit_address(story)))
    said = " ".join(shown(moderator, edit_address(story)))
    assert re.search(r"Amina Diallo sent this page for approval on .* UTC\. Nothing about its people", said)
    buttons = page.select("nav[aria-label='Actions (footer)'] button")
    assert buttons[1].get_text(strip=True) == "Approve and Publish"
    # Neither who sent it nor an editor is told.
    assert "sent this page" not in moderator.get(edit_address(submit(moderator.user))).text
    client.force_login(author)
    assert "sent this page" not in client.get(edit_address(story)).text


def test_moderator_is_told_that_a_story_waits_for_the_safeguarding_team(moderator, author):
    story = make_story_about(make_person(), live=False, owner=author)
    Workflow.objects.get().start(story, author)
    assert "It waits for the safeguarding team" in " ".join(shown(moderator, edit_address(story)))
    story.people = ""  # An editor has to answer.
    story.save_revision()
    assert "waits for the safeguarding team" not in " ".join(shown(moderator, edit_address(story)))


def test_request_for_changes_stands_on_the_story(moderator, author, client):
    story = submit(author)
    moderator.user.first_name = "Lea"
    moderator.user.save()
    story.current_workflow_task_state.reject(user=moderator.user, comment="<b>Her</b> town\nis named.")
    client.force_login(author)
    said = "Lea asked for changes, before this page is submitted again. <b>Her</b> town is named."
    assert shown(client, edit_address(story)) == [said]
    assert Workflow.objects.get().name == "Approval by a moderator"


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
    cases = {"Say who is in this page.": {"people": ""}, "Choose the people in": {"people": "listed"}}
    cases["There are people in the list"] = {"people": "none", "story_people": listed}
    for (text, fields), sent in itertools.product(cases.items(), (story, None)):
        with subtests.test(text, story=sent):
            form = builders.check_story_form("submit", sent, slug="sent", **fields)
            assert text in str(form.errors["people"])
    # The page editor shows the error beside the field: here that of the last case.
    page = builders.parse(client.post(edit_address(story), builders.story_form("submit", **fields)))
    assert text in page.select_one("[data-contentpath=people]").get_text()
    assert not story.workflow_states.exists()
    saved = client.post(edit_address(story), builders.story_form(slug="a-story", people=""))
    assert saved.status_code == 302


@pytest.mark.parametrize("decide", [decide_in_editor, decide_in_list])
def test_message_says_what_the_decision_did(moderator, author, decide):
    story = submit(author)
    decide(moderator, story, "approve")
    message = builders.parse(moderator.get("/admin/guide/")).select(".messages li")[-1]
    assert "Page 'A story' has been published." in " ".join(message.get_text(" ").split())
    assert [link["href"] for link in message.select("a")] == [story.url]

    later = submit(author, "Later", go_live_at=SOON)
    decide(moderator, later, "approve", go_live_at=SOON.strftime("%Y-%m-%dT%H:%M"))
    [*_, said] = shown(moderator)
    assert f"is approved, and goes live on {SOON.day} {SOON:%B %Y}, {SOON:%H:%M} UTC" in said
    assert "View live" not in said

    decide(moderator, submit(author, "Back"), "reject")
    assert "was sent back" in shown(moderator)[-1]


def test_only_the_last_of_two_approvals_publishes_and_is_checked(moderator, author):
    workflow, groups = Workflow.objects.get(), moderator.user.groups.all()
    task = GroupApprovalTask.objects.create(name="Second")
    task.groups.set(groups)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=1)
    story = make_story_about(make_person(), title="A story", slug="a-story", live=False, owner=author)
    workflow.start(story, author)

    fields = people_fields(story)
    assert decide_in_editor(moderator, story, "approve", **fields).status_code == 302
    assert "is approved, and waits for the next approval" in shown(moderator)[-1]
    page = builders.parse(decide_in_editor(moderator, story, "approve", **fields))
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
    script = {"x-requested-with": "XMLHttpRequest"}
    dialog = moderator.post(action_address(story, "approve", task), headers=script).json()
    assert dialog == {"step": "success", "redirect": edit_address(story)}
    decide_in_list(moderator, story, "approve")
    assert "was changed since it was sent" in shown(moderator)[-1]
    assert not StoryPage.objects.get().live
    decide_in_editor(moderator, story, "approve", summary="A whole sentence.")
    story = StoryPage.objects.get()
    assert (story.live, story.summary) == (True, "A whole sentence.")


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
    assert moderator.post(action_address(story, action, task), {"comment": ""}).status_code == 404
    task.refresh_from_db()
    assert task.status == task.STATUS_IN_PROGRESS


@pytest.mark.parametrize("case", ["public", "scheduled", "below a draft"])
def test_mail_after_it_leads_to_no_404(moderator, author, client, case, django_capture_on_commit_callbacks):
    fields = {"go_live_at": SOON} if case == "scheduled" else {}
    if case == "below a draft":
        fields["parent"] = builders.make_index(builders.make_index(), title="Hidden", live=False)
    story = submit(author, **fields)
    with django_capture_on_commit_callbacks(execute=True):
        decide_in_list(moderator, story, "approve")

    [message] = mail.outbox
    assert message.to == [author.email]
    links = set(re.findall(r"https?://[^/\s]+(/\S*)", message.body))
    expected = {edit_address(story), "/admin/account/#tab-notifications"}
    assert links == expected | ({story.url} if case == "public" else set())
    assert case != "public" or client.get(story.url).status_code == 200
    assert ("It goes live on" in message.body) == (case == "scheduled")


# --- Mails ----------------------------------------------------------------------------------------

COMMENT = {"text": f"{SECRET} comment", "contentpath": "title", "position": "", "resolved": "", "id": ""}


def lose(page, way, away, user):
    """Take the permission to edit `page` from `user`, in one of three ways. With None, they keep it.

    `away`: a page below which the user may not edit.
    """
    if way == "move":
        StoryPage.objects.get(pk=page.pk).move(Page.objects.get(pk=away.pk), pos="last-child")
    elif way == "leave the group":
        user.groups.clear()
    elif way == "no admin":
        user.groups.get().permissions.clear()


def addresses():
    return [message.to for message in mail.outbox]


@pytest.fixture
def page(writer, own):
    return builders.make_story("Mine", own.index, live=False, owner=writer.user)


def form_with(comment, action=None, **options):
    comments = inline_formset([COMMENT | {"replies": inline_formset([])} | comment], **options)
    return builders.story_form(action, title="Mine", slug="mine", comments=comments)


@pytest.mark.parametrize(("reason", "may_edit"), [("subscribed", True), ("commented", True), ("both", False)])
def test_comment_is_mailed_to_its_subscribers_and_earlier_commenters(
    writer, admin_client, page, elsewhere, reason, may_edit, django_capture_on_commit_callbacks
):
    user, form = writer.user, form_with({})
    if reason != "commented":
        PageSubscription.objects.create(page=page, user=user, comment_notifications=True)
    if reason != "subscribed":
        earlier = Comment.objects.create(page=page, user=user, text="Mine", contentpath="title")
        reply = inline_formset([{"text": f"{SECRET} reply", "id": ""}])
        form = form_with({"id": str(earlier.pk), "text": "Mine", "replies": reply}, initial=1)
    if not may_edit:
        lose(page, "move", elsewhere.index, user)
    with django_capture_on_commit_callbacks(execute=True):
        assert admin_client.post(edit_address(page), form).status_code == 302
    assert Comment.objects.filter(page=page).exists()
    assert addresses() == ([[user.email]] if may_edit else [])
    assert all(SECRET in message.body for message in mail.outbox)


def test_who_may_no_longer_edit_a_page_is_told_nothing(writer, page, elsewhere, subtests):
    away = elsewhere.index
    for way in (None, "move", "leave the group", "no admin"):
        with subtests.test(way), undone():
            lose(page, way, away, writer.user)
            user = get_user_model().objects.get(pk=writer.user.pk)  # without cached permissions
            assert may_be_told(user, Page.objects.get(pk=page.pk)) == (way is None)


def test_decision_of_a_moderator_is_mailed_to_the_sender(
    writer, admin_client, page, elsewhere, subtests, django_capture_on_commit_callbacks
):
    away = elsewhere.index
    for action, way in itertools.product(["approve", "reject"], [None, "move"]):
        with subtests.test(f"{action}, {way}"), undone():
            state = Workflow.objects.get().start(page, writer.user)
            lose(page, way, away, writer.user)
            mail.outbox.clear()
            address = action_address(page, action, state.current_task_state)
            with django_capture_on_commit_callbacks(execute=True):
                admin_client.post(address, {"comment": f"{SECRET} reason"})
            assert addresses() == ([[writer.user.email]] if way is None else [])


@pytest.mark.parametrize("section", ["own", "other"])
def test_submission_is_mailed_to_moderators_of_its_section_alone(
    writer, own, elsewhere, section, django_capture_on_commit_callbacks
):
    add_group_to_task(writer)
    index = {"own": own, "other": elsewhere}[section].index
    page = builders.make_story(f"{SECRET} submitted", index, live=False)
    with django_capture_on_commit_callbacks(execute=True):
        Workflow.objects.get().start(page, builders.make_user())
    assert ([writer.user.email] in addresses()) == (section == "own")


def add_group_to_task(writer):
    """Make the group of `writer` one of the groups that moderate the whole site."""
    GroupApprovalTask.objects.get().groups.add(writer.user.groups.get())


def test_group_that_moderates_sees_nothing_of_other_sections(writer, admin_client, own, elsewhere):
    add_group_to_task(writer)
    waiting = builders.make_story(f"{SECRET} waits", elsewhere.index, live=False, lead_image=own.image)
    for page in (waiting, builders.make_story("Ours waits", own.index, live=False, lead_image=own.image)):
        Workflow.objects.get().start(page, builders.make_user())
    for address in ("/admin/", f"/admin/images/usage/{own.image.pk}/"):
        assert f"{SECRET} waits" in admin_client.get(address).text
        response = writer.get(address)
        assert SECRET not in response.text, address
        assert "Ours waits" in response.text, address
    assert not Page.objects.get(pk=waiting.pk).permissions_for_user(writer.user).can_edit()


class RefusingBackend(LocmemBackend):
    """The mail server refuses the password of the site."""

    def open(self):
        raise SMTPAuthenticationError(535, b"Who are you?")


def test_story_is_submitted_and_approved_while_no_mail_can_be_sent(
    writer, admin_client, page, settings, caplog, django_capture_on_commit_callbacks
):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.RefusingBackend"}}
    subscriber = builders.make_user("Moderators")
    PageSubscription.objects.create(page=page, user=subscriber, comment_notifications=True)
    with django_capture_on_commit_callbacks(execute=True):
        assert writer.post(edit_address(page), form_with({}, "submit")).status_code == 302
        address = action_address(page, "approve", page.current_workflow_task_state)
        admin_client.post(address, {"comment": ""})
        assert "in on_commit()" not in caplog.text, "a mail is sent inside of the transaction"
    page.refresh_from_db()
    assert page.live
    # About the comment, the submission (to moderators and to administrators) and the approval.
    assert caplog.text.count("in on_commit()") == 4
