"""The page forms of the admin, which validate drafts less strictly than published pages."""

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from stories.content_notes import ContentNote


class CheckedPageForm(WagtailAdminPageForm):
    """The base form of every page type."""

    def defer_required_fields(self):
        # A page in moderation has to stay complete: approving it publishes it without validation.
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
        # StoryPage.clean() checks less for drafts, because a draft can always be saved.
        self.instance.is_draft = self.is_deferred_validation
        super()._post_clean()
