"""Deletes the old versions of a page that nothing needs, for those who may publish it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page, TaskState, WorkflowState

from safeguarding.writers import keep_writers

# The name of the action in the history of a page.
FORGET = "editing.forget_versions"
# The states of a workflow whose version is with moderators, or was sent back by one.
UNFINISHED = [WorkflowState.STATUS_IN_PROGRESS, WorkflowState.STATUS_NEEDS_CHANGES]


def old_versions(page):
    """Return the revisions of `page` that nothing needs.

    Needed are the latest one, the live one, scheduled ones, and those that are with moderators or were sent
    back.
    """
    waiting = TaskState.objects.filter(workflow_state__status__in=UNFINISHED).values("revision")
    needed = [page.latest_revision_id, page.live_revision_id]
    return page.revisions.filter(approved_go_live_at=None).exclude(pk__in=needed).exclude(pk__in=waiting)


def may_forget(user, page):
    return page.permissions_for_user(user).can_publish()


class ForgetVersionsView(GenericPageBreadcrumbsMixin, WagtailAdminTemplateMixin, TemplateView):
    """Deletes the old versions of a page, after it asked for confirmation, for those who may publish it.

    The log entries about them stay: who did what, and when.
    """

    template_name = "editing/forget_versions.html"
    page_title = gettext_lazy("Forget old versions")
    header_icon = "bin"

    def dispatch(self, request, page_id):
        self.object = get_object_or_404(Page, pk=page_id).specific
        if not may_forget(request.user, self.object):
            raise PermissionDenied
        return super().dispatch(request, page_id=page_id)

    def get_page_subtitle(self):
        return self.object.get_admin_display_title()

    def get_context_data(self, **kwargs):
        addresses = {"history_url": reverse("wagtailadmin_pages:history", args=[self.object.pk])}
        return super().get_context_data(**kwargs) | addresses | {"count": old_versions(self.object).count()}

    def post(self, request, page_id):
        with transaction.atomic():
            # The lock keeps others from saving or publishing a version meanwhile: both write this row.
            page = Page.objects.select_for_update().get(pk=page_id)
            found = list(old_versions(page))
            with keep_writers(self.object):
                for revision in found:
                    # One by one: QuerySet.delete() would delete the comments that were made on a version.
                    revision.delete()
            if found:
                log(self.object, FORGET, user=request.user, data={"count": len(found)})
        messages.success(request, ForgetFormatter.message(len(found)))
        return redirect("wagtailadmin_pages:history", page_id)


class ForgetFormatter(LogFormatter):
    """Describes the deletion of old versions in the history."""

    label = gettext_lazy("Forget old versions")

    @staticmethod
    def message(count):
        return ngettext("%(count)s old version forgotten", "%(count)s old versions forgotten", count) % {
            "count": count
        }

    def format_message(self, log_entry):
        try:
            return self.message(log_entry.data["count"])
        except KeyError:  # A withdrawal has deleted the data.
            return self.label


def register_actions(actions):
    """Hook "register_log_actions": register FORGET."""
    actions.register_action(FORGET)(ForgetFormatter)
