"""The panel of the page editor about the people in a page, for pages of every type."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, MultipleChooserPanel

# It contradicts the answers without people.
PICTURES_SHOW_PEOPLE = _("Does a picture show somebody who could be recognised? Then choose “These people”.")
PEOPLE_PANEL = MultiFieldPanel(
    [
        FieldPanel("people", widget=forms.RadioSelect, help_text=PICTURES_SHOW_PEOPLE),
        # It can be written and not read again: CheckedPageForm.
        FieldPanel("reason", help_text=_("One sentence. Only the safeguarding team can read it, not you.")),
        MultipleChooserPanel(
            "story_people", chooser_field_name="contributor", label=_("Person"), heading=_("These people")
        ),
    ],
    heading=_("People in this page"),
    help_text=_(
        "Add everybody who could be recognised, also family and others who do not tell it. If you are not "
        "sure about somebody, add them. Were you there when somebody agreed? Save, and write it down: the "
        "person symbol at the top leads there."
    ),
)
