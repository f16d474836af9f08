"""What moderators see of a page that waits for them: who sent it, the decision first, and what it did."""

from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.models import Page, TaskState
from wagtail.utils.timestamps import render_timestamp

from editing.people_panel import PeoplePanelMixin


def put_decision_first(items, request, context):
    """Hook: make "Approve" the button at the foot of the page editor, for those who may approve."""
    items.sort(key=lambda item: item.name != "approve")


def say_who_sent_it(request, page):
    """Hook: tell somebody who may decide about `page` who sent it."""
    task, state = page.current_workflow_task, page.current_workflow_state
    if request.method != "GET" or not task or state.requested_by in {None, request.user}:
        return
    if task.get_actions(page, request.user):
        text = _("%(name)s sent this page for approval on %(time)s.")
        sent = {
            "name": get_user_display_name(state.requested_by),
            "time": render_timestamp(page.current_workflow_task_state.started_at),
        }
        messages.info(request, text % sent)


def describe_decision(page, action):
    """Return a sentence on what the decision `action` about `page` did; None for an unknown action."""
    page = Page.objects.get(pk=page.pk)
    title = {"page_title": page.get_admin_display_title()}
    if action == "reject":
        return _("Page '%(page_title)s' was sent back, with your comment.") % title
    if action != "approve":
        return None
    if page.current_workflow_state:
        return _("Page '%(page_title)s' is approved, and waits for the next approval.") % title
    if revision := page.scheduled_revision:
        title["time"] = render_timestamp(revision.approved_go_live_at)
        return _("Page '%(page_title)s' is approved, and goes live on %(time)s.") % title
    return _("Page '%(page_title)s' has been published.") % title


class DecidingEditView(PeoplePanelMixin, EditView):
    """Wagtail's page editor, whose message after a decision is that the page was updated."""

    def add_save_confirmation_message(self):
        is_decision = self.action_name == "perform_workflow_action"
        text = describe_decision(self.page, self.workflow_action) if is_decision else None
        if text:
            messages.success(self.request, text)
        else:
            super().add_save_confirmation_message()


class DecidingActionView(WorkflowActionView):
    """Wagtail's view for decisions from a list, which says nothing about what was done."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        # A form with errors decides nothing.
        is_open = TaskState.objects.filter(
            pk=self.task_state_id, status=TaskState.STATUS_IN_PROGRESS
        ).exists()
        if not is_open and (text := describe_decision(self.object, self.action_name)):
            messages.success(request, text)
        return response
