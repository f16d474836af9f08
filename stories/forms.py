"""The forms of stories, and of themes and authors, in the admin."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from media.access import may_publish
from media.shown_files import REFUSED, is_waiting
from publishing.forms import CheckedPageForm
from stories.content_notes import ContentNote
from stories.term_panel import find_left_over

LEFT_OVER = _(
    "Under Countries, Themes or Authors, something is typed that is not chosen. Choose it or empty the field."
)


class StoryPageForm(CheckedPageForm):
    content_notes = forms.MultipleChoiceField(
        label=_("Content notes"),
        choices=ContentNote,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.is_bound:
            return
        if not self.instance.pk:
            self.fields["title"].widget.attrs["autofocus"] = True
        if not self.instance.body:
            # A text to type in. It is stored only with words: StoryBody. Comments need its id.
            text = {"type": "text", "value": "", "id": str(uuid4())}
            self.initial["body"] = self.fields["body"].block.to_python([text])

    def clean(self):
        would_publish = not self.is_deferred_validation and self.would_publish()
        if (would_publish or self.would_send_mails()) and find_left_over(self.data):
            self.add_error(None, LEFT_OVER)
        return super().clean()


class TermForm(WagtailAdminModelForm):
    """The form of a theme or author. Users who may publish nothing change no words that readers will see."""

    def clean(self):
        cleaned = super().clean()
        if self.instance.pk and not may_publish(self.for_user):
            links = getattr(self.instance, f"story_{self.instance._meta.model_name}s")
            is_shown = links.filter(story__live=True).exists() or is_waiting(self.instance)
            changed = self.changed_data if is_shown else ()
            for name in {"name", "slug", "role", "description"}.intersection(changed):
                self.add_error(name, REFUSED)
        return cleaned
