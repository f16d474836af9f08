"""View of the admin for the answers about people that a lead (a member of Safeguarding) has to look at."""

from django.db import transaction
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.models import PageLogEntry

from safeguarding.decisions import find_undecided
from safeguarding.models import Release
from safeguarding.releases import report_again
from safeguarding.views import LeadMixin
from safeguarding.writers import RIGHT


class AnswersView(LeadMixin, TemplateView):
    """The list of the answers about people that nobody looked at, above all those that nobody is in a story.

    Each stands there until a lead says that it is right. The form has the digests of one or all versions.
    """

    permission_required = "see_names"
    template_name = "safeguarding/answers.html"
    page_title, header_icon = gettext_lazy("Look at these answers"), "tasks"
    breadcrumbs_items = [*LeadMixin.breadcrumbs_items, {"url": "", "label": page_title}]

    @cached_property
    def versions(self):
        return find_undecided()[2]

    def post(self, request):
        act = say_right if "right" in request.POST else ask
        digests = request.POST.getlist("digest")
        found = [version for version in self.versions if version.report.digest in digests]
        for version in found:
            act(version, request.user)
        messages.success(request, _("Done: %d.") % len(found))
        return redirect("safeguarding_decisions:answers")


@transaction.atomic
def say_right(version, user):
    """Note in the history of the page that the answer in `version` is right. Let the page report again."""
    data = {"digest": version.report.digest, "answer": version.report.answer}
    PageLogEntry.objects.log_action(version.page, RIGHT, user=user, revision=version.revision, data=data)
    report_again([version.page.pk])  # It locks the page first.
    if version.is_live:
        Release.objects.filter(page=version.page.pk).update(taken_out="")


@transaction.atomic
def ask(version, user):
    """Send `version` back to its editor, as a moderator does. A live one stays live."""
    page = version.page
    if version.revision and not page.current_workflow_state and (workflow := page.get_workflow()):
        workflow.start(page, version.answered_by)
    if task := page.current_workflow_task_state:
        task.reject(user=user, comment=_("Who is in this page? Add everybody who could be recognised."))
