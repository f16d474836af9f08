"""The panels of the form of a story, in the order of writing."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel

from publishing.pages import SitePage
from stories.term_panel import TermPanel

STORY_PANELS = [
    *SitePage.content_panels,
    MultiFieldPanel(
        [FieldPanel("lead_image", heading=_("Picture")), "lead_image_alt", "lead_image_decorative"],
        heading=_("Lead picture"),
        attrs={"data-fold": ""},
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
    MultiFieldPanel(
        ["show_contents", "show_leave_quickly"], heading=_("More for readers"), classname="collapsed"
    ),
]

# Wagtail's "Show in menus" is left out, because the menu has no stories.
STORY_PROMOTE_PANELS = [
    MultiFieldPanel(
        ["slug", "seo_title", "search_description", "keep_out_of_search_engines"],
        heading=_("For search engines"),
    )
]
