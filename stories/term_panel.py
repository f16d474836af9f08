"""The panel of a story's form for its countries, themes or authors, which are found while an editor types."""

from django.forms import Media
from django.urls import reverse
from wagtail.admin.panels import MultipleChooserPanel

# The name of the field that suggests terms is that of the panel with this behind it.
TYPED = "-SUGGEST"


def find_left_over(data):
    """Return what was typed into fields that suggest terms and is not chosen. `data`: what a form sent."""
    typed = (data[name].strip() for name in data if name.endswith(TYPED))
    return [words for words in typed if words]


class TermPanel(MultipleChooserPanel):
    """Wagtail's panel of several chosen objects, with a field that suggests terms and can make a new one.

    The chooser stays, for those who would rather look through the list.
    """

    def __init__(self, *args, **kwargs):
        # Wagtail clones a panel with all its arguments, so `kwargs` can have the class name too.
        super().__init__(*args, **{"classname": "term-panel"} | kwargs)

    class BoundPanel(MultipleChooserPanel.BoundPanel):
        template_name = "stories/admin/term_panel.html"
        # In stories/static/stories/term_panel.js. Our override of multiple_chooser_panel.html starts it.
        js_class = "TermPanel"

        def get_context_data(self, parent_context=None):
            chooser = self.chooser_widget.model.snippet_viewset.chooser_viewset
            typed_name = f"{self.formset.prefix}{TYPED}"
            return super().get_context_data(parent_context) | {
                "suggest_url": reverse(chooser.get_url_name("suggest")),
                "create_url": reverse(chooser.get_url_name("create")) if chooser.creation_form_class else "",
                "language": self.instance.locale.language_code,
                "typed_name": typed_name,
                "typed": self.form.data.get(typed_name, "").strip(),
            }

        @property
        def media(self):
            return super().media + Media(js=["stories/term_panel.js"])
