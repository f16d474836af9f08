"""Messages and buttons of the page editor for pages in moderation: who sent a page, and what was decided."""

from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.models import Page, TaskState
from wagtail.utils.timestamps import render_timestamp

from editing.people.people_panel import PeoplePanelMixin
from publishing.forms import SUBMITS
from publishing.refusals import lines_about
from publishing.visibility import is_published


class MainAction(ActionMenuItem):
    """`item`, another item of the menu, as the button at the foot of the page editor.

    Before it comes a button that saves a draft: Enter in a field presses the first button of the form.
    It has a box that nobody sees, because old versions of Safari skip buttons without one.
    """

    def __init__(self, item):
        self.item, self.name = item, item.name

    def render_html(self, parent_context=None):
        button = '<button type="submit" class="w-sr-only" tabindex="-1" aria-hidden="true"></button>{}'
        return format_html(button, self.item.render_html(parent_context))


def put_main_action_first(items, request, context):
    """Hook: make "Approve" or else "Publish" the button at the foot of the page editor, for those who may.

    The first item of the menu is this button. An earlier version replaces the draft before it is published.
    """
    main = ["approve"] if context["view"] == "revisions_revert" else ["approve", "action-publish"]
    items.sort(key=lambda item: main.index(item.name) if item.name in main else len(main))
    items[:1] = map(MainAction, items[:1])


def say_who_sent_it(request, page):
    """Hook: tell moderators who sent `page`, its sender how to change it, and everybody what is to change."""
    task, state = page.current_workflow_task, page.current_workflow_state
    if request.method != "GET" or not state:
        return
    # Django empties current_task_state if that row is deleted. While changes are asked for, `task` is None.
    if state.status == state.STATUS_NEEDS_CHANGES and state.current_task_state:
        say_what_to_change(request, state.current_task_state)
    if not task or not state.requested_by:
        return
    may_decide, is_own = bool(task.get_actions(page, request.user)), state.requested_by == request.user
    if may_decide and not is_own:
        text = _("%(name)s sent this page for approval on %(time)s.")
        found = {is_for_leads for _line, is_for_leads in lines_about(page, request.user)}
        if not found:
            text += " " + _("Nothing about its people is missing: you can approve it.")
        elif found == {True}:
            text += " " + _("It waits for the safeguarding team. Moderators have nothing to do until then.")
    elif is_own and not may_decide:
        text = _(
            "You sent this for approval on %(time)s. To change it, choose “Cancel workflow” below: then it "
            "is a draft again."
        )
    else:
        return
    sent = {
        "name": get_user_display_name(state.requested_by),
        "time": render_timestamp(page.current_workflow_task_state.started_at),
    }
    messages.info(request, text % sent, buttons=changes_button(page))


def say_what_to_change(request, asked):
    """Show at the top of the page editor what a moderator asked for. `asked`: the TaskState."""
    name = get_user_display_name(asked.finished_by) if asked.finished_by else _("A moderator")
    text = _("%(name)s asked for changes, before this page is submitted again.") % {"name": name}
    messages.warning(request, format_html("{}<br>{}", text, linebreaksbr(asked.comment, autoescape=True)))


def changes_button(page):
    """Return a list with a button to the comparison of the live version of `page` with its draft."""
    if not page.live or not page.live_revision_id:
        return []
    address = reverse("wagtailadmin_pages:revisions_compare", args=[page.pk, "live", "latest"])
    return [messages.button(address, _("See what changed"))]


def say_what_prevents_publishing(request, page):
    """Hook: when somebody sends a page for approval, say what about its people prevents publishing it."""
    if not SUBMITS & set(request.POST):
        return
    if lines := lines_about(page, request.user, reverse("wagtailadmin_pages:edit", args=[page.pk])):
        text = _("It is sent, but it can't be published yet:")
        sentences = [text, *(line for line, _is_for_leads in lines)]
        messages.warning(request, format_html_join(" ", "{}", ((each,) for each in sentences)))


def say_what_was_decided(request, page, action):
    """Add a message on what the decision `action` about `page` did. Return whether the action is known."""
    # Read it again: `page` was loaded before the decision.
    page = Page.objects.get(pk=page.pk)
    text = describe_decision(page, action)
    if text:
        is_seen = page.url and is_published(page)
        buttons = [messages.button(page.url, _("View live"))] if is_seen else []
        messages.success(request, text, buttons=buttons)
    return bool(text)


def describe_decision(page, action):
    """Return a sentence on what the decision `action` about `page` did; None for an unknown action."""
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


class SentPageMixin:
    """For views of the page editor: whoever sent a page for approval is not told to edit it."""

    def get_edit_message_button(self):
        # Read it again, because the view has noted that there is no workflow.
        lock = Page.objects.get(pk=self.page.pk).get_lock()
        if lock and lock.for_user(self.request.user):
            return messages.button(self.get_edit_url(), _("Open"))
        return super().get_edit_message_button()


class DecidingEditView(SentPageMixin, PeoplePanelMixin, EditView):
    """Wagtail's page editor, with a message about the decision. Wagtail's says that the page was updated."""

    def add_save_confirmation_message(self):
        is_decision = self.action_name == "perform_workflow_action"
        if not (is_decision and say_what_was_decided(self.request, self.page, self.workflow_action)):
            super().add_save_confirmation_message()


class DecidingActionView(WorkflowActionView):
    """Wagtail's view for decisions from a list, with a message about the decision. Wagtail's has none."""

    def get_task_state(self):
        """Return the state of a task of this page. Wagtail would decide about that of any page."""
        states = TaskState.objects.filter(workflow_state__in=self.object.workflow_states)
        return get_object_or_404(states, pk=self.task_state_id).specific

    def has_changed(self):
        """Return whether the latest version, which Wagtail publishes, is not what was sent for approval.

        Moderators may be changing the page in the editor at the moment, and that saves by itself.
        """
        latest, sent = self.object.latest_revision, self.task_state
        return latest.pk != sent.revision_id or latest.created_at > sent.started_at

    def post(self, request, *args, **kwargs):
        if self.action_name == "approve" and self.has_changed():
            text = _("This page was changed since it was sent. Read it here before you approve.")
            messages.error(request, text)
            address = reverse("wagtailadmin_pages:edit", args=[self.object.pk])
            if request.headers.get("x-requested-with") == "XMLHttpRequest":
                return self.render_modal_json(request, {"step": "success", "redirect": address})
            return redirect(address)
        response = super().post(request, *args, **kwargs)
        # A form with errors decides nothing.
        still_open = TaskState.objects.filter(pk=self.task_state_id, status=TaskState.STATUS_IN_PROGRESS)
        if not still_open.exists():
            say_what_was_decided(request, self.object, self.action_name)
        return response
