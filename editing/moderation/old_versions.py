"""Deletes the old versions of a page that nothing needs, for those who may publish it, and by itself."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.utils import GenericPageBreadcrumbsMixin
from wagtail.log_actions import LogFormatter, log
from wagtail.models import Page, PageLogEntry, Revision, TaskState, WorkflowState

from safeguarding.models import Decision, Reading, Release, Use
from safeguarding.one_by_one import do_for_each
from safeguarding.writers import RIGHT, keep_writers

# The name of the action in the history of a page.
FORGET = "editing.forget_versions"
# After this time, the scheduler deletes versions that nothing needs.
KEPT = timedelta(days=730)
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


def outdated_versions(**conditions):
    """Return the revisions older than KEPT, but those that a lead said to be right."""
    right = PageLogEntry.objects.filter(action=RIGHT, revision=OuterRef("pk"))
    old = Revision.page_revisions.filter(created_at__lt=timezone.now() - KEPT, **conditions)
    return old.exclude(Exists(right))


def forget_outdated():
    """Delete the outdated versions of all live pages.

    Those stay of a page with people or a draft, and of one whose answer about people a lead has to see.
    """
    old = outdated_versions(object_id=Cast(OuterRef("pk"), CharField()))
    waits = Release.objects.filter(Q(is_unseen=True) | Q(taken_out__gt=""), page=OuterRef("pk"))
    pages = Page.objects.live().filter(Exists(old), has_unpublished_changes=False).exclude(Exists(waits))
    for about_people in (Use, Decision, Reading):
        pages = pages.exclude(Exists(about_people.objects.filter(page=OuterRef("pk"))))
    do_for_each(list(pages), lambda page: forget(page, pk__in=outdated_versions().values("pk")))


@transaction.atomic
def forget(page, user=None, **conditions):
    """Delete the old versions of `page` that meet `conditions`. Note who wrote them, and return how many."""
    # The lock keeps others from saving or publishing a version meanwhile: both write this row.
    page = Page.objects.select_for_update().get(pk=page.pk)
    found = list(old_versions(page).filter(**conditions))
    if found:
        with keep_writers(page.specific):
            for revision in found:
                # One by one: QuerySet.delete() would delete the comments that were made on a version.
                revision.delete()
        log(page, FORGET, user=user, data={"count": len(found)})
    return len(found)


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
        messages.success(request, ForgetFormatter.message(forget(self.object, request.user)))
        return redirect("wagtailadmin_pages:history", page_id)


class ForgetFormatter(LogFormatter):
    """Describes the deletion of old versions in the history."""

    label = gettext_lazy("Forget old versions")

    @staticmethod
    def message(count):
        text = ngettext("%(count)s old version forgotten", "%(count)s old versions forgotten", count)
        return text % {"count": count}

    def format_message(self, log_entry):
        try:
            return self.message(log_entry.data["count"])
        except KeyError:  # A withdrawal has deleted the data.
            return self.label
