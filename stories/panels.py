"""The panels of the form of a story, in the order of writing, and the panel about people."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, MultipleChooserPanel
from wagtail.models import Page

from stories.term_panel import TermPanel

# It contradicts the answers without people.
PICTURES_SHOW_PEOPLE = _("Does a picture show somebody who could be recognised? Then choose “These people”.")
# For pages of every type.
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
        "Add everybody who could be recognised, also family and others who do not tell it. Were you there "
        "when somebody agreed? Save, and write it down: the person symbol at the top leads there."
    ),
)

STORY_PANELS = [
    *Page.content_panels,
    # Before the pictures, whose forms offer the people who are chosen here.
    PEOPLE_PANEL,
    MultiFieldPanel(
        [FieldPanel("lead_image", heading=_("Picture")), "lead_image_alt", "lead_image_decorative"],
        heading=_("Lead picture"),
    ),
    "summary",
    "body",
    TermPanel("story_countries", chooser_field_name="country", label=_("Country"), heading=_("Countries")),
    TermPanel("story_themes", chooser_field_name="theme", label=_("Theme"), heading=_("Themes")),
    TermPanel("story_authors", chooser_field_name="author", label=_("Author"), heading=_("Authors")),
    "date",
    FieldPanel(
        "content_notes", help_text=_("Shown before the story and in lists, so that readers can choose.")
    ),
    # Wagtail's icon for a checkbox is a tick, which looks like a ticked box.
    FieldPanel("show_contents", icon="list-ul"),
    FieldPanel("show_leave_quickly", icon="logout"),
]

# Wagtail's "Show in menus" is left out, because the menu has no stories.
STORY_PROMOTE_PANELS = [
    MultiFieldPanel(
        ["slug", "seo_title", "search_description", "keep_out_of_search_engines"],
        heading=_("For search engines"),
    )
]
