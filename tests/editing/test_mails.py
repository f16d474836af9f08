"""Mails about a page go only to users who may edit it at that time. A mail that fails stops nothing else.

`writer` is a client whose user may edit pages of the section `own`, and none of the section `elsewhere`.
"""

import itertools
from smtplib import SMTPAuthenticationError

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from wagtail.models import Comment, GroupApprovalTask, Page, PageSubscription, Workflow
from wagtail.test.utils.form_data import inline_formset

from editing.mails import may_be_told
from stories.models import StoryPage
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import edit_address
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

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


# Why somebody gets mails about comments, and whether they still may edit the page.
REASONS = [(["subscribed"], True), (["commented"], True), (["subscribed", "commented"], False)]


def test_comment_is_mailed_to_its_subscribers_and_earlier_commenters(
    writer, admin_client, own, elsewhere, subtests, django_capture_on_commit_callbacks
):
    page = builders.make_story("Mine", own.index, live=False, owner=writer.user)
    for reasons, may_edit in REASONS:
        with subtests.test(reasons), undone():
            comments = inline_formset([COMMENT | {"replies": inline_formset([])}])
            if "subscribed" in reasons:
                PageSubscription.objects.create(page=page, user=writer.user, comment_notifications=True)
            if "commented" in reasons:
                earlier = Comment.objects.create(
                    page=page, user=writer.user, text="Mine", contentpath="title"
                )
                reply = inline_formset([{"text": f"{SECRET} reply", "id": ""}])
                thread = {"id": str(earlier.pk), "text": "Mine", "replies": reply}
                comments = inline_formset([COMMENT | thread], initial=1)
            if not may_edit:
                lose(page, "move", elsewhere.index, writer.user)
            mail.outbox.clear()
            form = builders.story_form(title="Mine", slug="mine", comments=comments)
            with django_capture_on_commit_callbacks(execute=True):
                assert admin_client.post(edit_address(page), form).status_code == 302
            assert Comment.objects.filter(page=page).exists()
            assert addresses() == ([[writer.user.email]] if may_edit else [])
            assert all(SECRET in message.body for message in mail.outbox)


def test_who_may_no_longer_edit_a_page_is_told_nothing(writer, own, elsewhere, subtests):
    page = builders.make_story("Mine", own.index, live=False, owner=writer.user)
    away = elsewhere.index
    for way in (None, "move", "leave the group", "no admin"):
        with subtests.test(way), undone():
            lose(page, way, away, writer.user)
            user = get_user_model().objects.get(pk=writer.user.pk)  # without cached permissions
            assert may_be_told(user, Page.objects.get(pk=page.pk)) == (way is None)


def test_decision_of_a_moderator_is_mailed_to_the_sender(
    writer, admin_client, own, elsewhere, subtests, django_capture_on_commit_callbacks
):
    page = builders.make_story("Mine", own.index, live=False, owner=writer.user)
    away = elsewhere.index
    for action, way in itertools.product(["approve", "reject"], [None, "move"]):
        with subtests.test(f"{action}, {way}"), undone():
            state = Workflow.objects.get().start(page, writer.user)
            lose(page, way, away, writer.user)
            mail.outbox.clear()
            task = state.current_task_state.pk
            address = f"/admin/pages/workflow/action/{page.pk}/{action}/{task}/"
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
    ours = builders.make_story("Ours waits", own.index, live=False, lead_image=own.image)
    for page in (waiting, ours):
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
    writer, admin_client, own, settings, caplog, django_capture_on_commit_callbacks
):
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}.RefusingBackend"}}
    page = builders.make_story("Mine", own.index, live=False, owner=writer.user)
    subscriber = builders.make_user("Moderators")
    PageSubscription.objects.create(page=page, user=subscriber, comment_notifications=True)
    comments = inline_formset([COMMENT | {"replies": inline_formset([])}])
    form = builders.story_form("submit", title="Mine", slug="mine", comments=comments)
    with django_capture_on_commit_callbacks(execute=True):
        assert writer.post(edit_address(page), form).status_code == 302
        task = page.current_workflow_task_state.pk
        admin_client.post(f"/admin/pages/workflow/action/{page.pk}/approve/{task}/", {"comment": ""})
        assert "in on_commit()" not in caplog.text, "a mail is sent inside of the transaction"
    page.refresh_from_db()
    assert page.live
    # About the comment, the submission (to moderators and to administrators) and the approval.
    assert caplog.text.count("in on_commit()") == 4
