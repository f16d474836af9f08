from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from stories.content_notes import ContentNote


class CheckedPageForm(WagtailAdminPageForm):
    """The form of every page type."""

    def defer_required_fields(self):
        # What waits for approval stays complete: approving publishes it, and Wagtail checks nothing then.
        if not self.instance.workflow_in_progress:
            super().defer_required_fields()


class StoryPageForm(CheckedPageForm):
    content_notes = forms.MultipleChoiceField(
        label=_("Content notes"),
        choices=ContentNote,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def _post_clean(self):
        # Tells the page's own clean() whether it is published or only saved: a draft can always be saved.
        self.instance.is_draft = self.is_deferred_validation
        super()._post_clean()
