"""The list of the answers about people that safeguarding leads look at: that nobody is in a page, above all.

Each stands there until a lead says that it is right. Such a page may be public before that, unless it shows a
picture of a person: stories/people.py.
"""

from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.models import PageLogEntry

from publishing.addresses import absolute
from publishing.mails import mail_later
from safeguarding.decision_views import DecisionMixin
from safeguarding.decisions import find_undecided
from safeguarding.policies import sees_names
from safeguarding.releases import report_again
from safeguarding.uses import Release
from safeguarding.writers import RIGHT

# The action in the history of a page.
ASKED = "safeguarding.ask"


@transaction.atomic
def say_right(version, user):
    """Note in the history of the page that the answer in `version` is right. Let the page report again."""
    data = {"digest": version.report.digest, "answer": version.content.people_answer}
    PageLogEntry.objects.log_action(version.page, RIGHT, user=user, revision=version.revision, data=data)
    if version.is_live:
        Release.objects.filter(page=version.page.pk).update(taken_out="")
    report_again([version.page.pk])


@transaction.atomic
def ask(version, user):
    """Ask who is in `version`: send it back to its editor if it is in moderation, or else send a mail."""
    log(version.page, ASKED, user=user)
    if (task := version.page.current_workflow_task_state) and not version.is_live:
        task.reject(user=user, comment=question())
    elif version.answered_by and version.answered_by.email:
        address = absolute(reverse("wagtailadmin_pages:edit", args=[version.page.pk]))
        mail_later([version.answered_by], lambda: (_("Who is in this page?"), f"{question()}\n\n{address}"))


def question():
    return _(
        "The safeguarding team asks: who is in this page? Add everybody who could be recognised, or talk to "
        "the team."
    )


class AnswersView(DecisionMixin, TemplateView):
    """The list, with the buttons "Right" and "Ask the editor" for one version or all that are listed."""

    template_name = "editing/answers.html"
    page_title = gettext_lazy("Look at these answers")

    def get_context_data(self, **kwargs):
        context = {"versions": find_undecided()[2], "sees_reasons": sees_names(self.request.user)}
        return super().get_context_data(**context, **kwargs)

    def post(self, request):
        act = say_right if "right" in request.POST else ask
        pressed = request.POST.get("right") or request.POST.get("ask")
        wanted = request.POST.getlist("listed") if pressed == "all" else [pressed]
        found = [version for version in find_undecided()[2] if version.key in wanted]
        for version in found:
            act(version, request.user)
        if len(found) < len(wanted):
            messages.warning(request, _("The story has changed since you opened it. Please read it again."))
        if found:
            text = ngettext("%d answer is done.", "%d answers are done.", len(found))
            messages.success(request, text % len(found))
        return redirect("safeguarding_answers")


def register_actions(actions):
    """Hook "register_log_actions": register RIGHT and ASKED."""
    actions.register_action(RIGHT, _("Right"), _("The answer about its people is right"))
    actions.register_action(ASKED, _("Ask the editor"), _("Asked who is in it"))
