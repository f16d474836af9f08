"""Adds the side panel "People in this page" to the page editor: what prevents publishing, and who can help.

Wagtail renders the side panels again after every save, autosaves included.
"""

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.side_panels import BaseSidePanel

from editing.people.asking import name_users
from editing.people.reading_reports import find_earlier
from publishing.people import contributors_in
from publishing.refusals import lines_about
from safeguarding.decisions import questions
from safeguarding.policies import leads


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
