"""Adds the side panel "People in this page" to the page editor: what prevents publishing, and who can help.

Wagtail renders the side panels again after every save, autosaves included.

Users who may edit a page can ask the safeguarding team about it there. The leads get a mail. The page is on
their desk while something about the people in it is open: waiting_pages() in safeguarding/decisions.py.
"""

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.utils import get_user_display_name
from wagtail.log_actions import log
from wagtail.models import Page

from editing.people.reading_reports import find_earlier
from publishing.people import contributors_in
from publishing.refusals import lines_about
from safeguarding.decisions import ASK, questions
from safeguarding.mails import mail_about
from safeguarding.policies import leads


def name_users(users):
    """Return the names of the active users in the queryset `users`, with commas between them."""
    names = sorted(map(get_user_display_name, users.filter(is_active=True).distinct()))
    return ", ".join(names) or _("nobody at the moment")


class PeopleSidePanel(BaseSidePanel):
    """The side panel, for the last saved version of a page."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = gettext_lazy("Toggle people in this page")
        icon_name = "user"
        # Wagtail doesn't render the button of the panel again after a save, so it can't show a number.
        has_counter = False

    name = "people"
    title = gettext_lazy("People in this page")
    template_name = "editing/people/people_panel.html"

    def get_context_data(self, parent_context):
        page, user = self.object, self.request.user
        lines, task = lines_about(page, user), page.current_workflow_task
        return super().get_context_data(parent_context) | {
            "for_editors": [line for line, is_for_leads in lines if not is_for_leads],
            "for_leads": [line for line, is_for_leads in lines if is_for_leads],
            "people": contributors_in(page),
            "earlier": find_earlier(page),
            "leads": name_users(leads()),
            "moderators": task and name_users(get_user_model().objects.filter(groups__in=task.groups.all())),
            "is_asked": page.pk and questions().filter(page=page.pk).exists(),
        }


class PeoplePanelMixin:
    """For views of the page editor: adds the side panel."""

    def get_side_panels(self):
        panels = super().get_side_panels()
        panels.insert(1, PeopleSidePanel(self.page, self.request))  # after the panel "Status"
        return panels


@require_POST
def ask(request, pk):
    """View that notes the question, mails the leads, and returns what happened as plain text.

    The mail has no title, which may be a name, and is sent once while the page is on the desk.
    """
    page = get_object_or_404(Page, pk=pk, depth__gt=1)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if not questions().filter(page=page).exists():
        log(page, ASK, user=request.user)
        text = gettext_lazy("Somebody who writes a page needs your help with the people in it:")
        mail_about(page, gettext_lazy("You are asked about a page"), lambda: text)
    return HttpResponse(_("It is on the desk of: %s.") % name_users(leads()), content_type="text/plain")
