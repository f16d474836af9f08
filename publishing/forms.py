"""The form of every page in the admin, which validates drafts less strictly than published pages."""

import itertools
from html import unescape

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.models import Page, Task

from publishing.checks import CODE, IS_OVER, answer_errors, find_title_leaks
from publishing.people import People
from publishing.refusals import link_person
from publishing.reserved_slugs import RESERVED_SLUGS

# The names of the page editor's buttons that send a page for approval.
SUBMITS = {"action-submit", "action-restart-workflow"}
# The script of a StreamField shows errors as text, and so do Wagtail's messages those of no field.
WITHOUT_MARKUP = {"body", NON_FIELD_ERRORS}
CHANGED = _("Somebody has changed this since you opened it. Please open it again.")


class OpenedVersionField(forms.CharField):
    """The primary key of the latest version when the form was opened. It is no content of the page."""

    widget = forms.HiddenInput

    def has_changed(self, initial, data):
        return False


class CheckedPageForm(WagtailAdminPageForm):
    """The base form of every page type."""

    reason = forms.CharField(label=_("Why could nobody tell?"), required=False, widget=forms.Textarea)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["title"].help_text = _(
            "As readers see it. Everybody who signs in here may see titles and addresses, also of drafts. "
            "Name only people who may be named."
        )
        self.fields["slug"].help_text = _(
            "The end of the address. If you change it once the page is published, the old address leads here."
        )
        if self.instance.people == People.UNKNOWN and not self.instance.lacks_reason:
            self.fields["reason"].label = _("Why could nobody tell? Written down. Write only to replace it.")
        # As in Wagtail's form, the slug of a live page doesn't follow its title.
        self.makes_slug = not (self.instance.pk and self.instance.live)
        if self.makes_slug:
            self.fields["slug"].required = False
        for row in self.formsets.get("story_people", ()):
            row.fields["contributor"].widget.user = self.for_user
        if self.instance.pk:
            self.fields["opened"] = OpenedVersionField(required=False)
            self.initial["opened"] = self.instance.latest_revision_id

    def clean(self):
        if self.is_of_deleted_version():
            self.add_error(None, CHANGED)
        sent = getattr(self.formsets.get("story_people"), "cleaned_data", ())
        is_listed = any(row.get("contributor") and not row.get("DELETE") for row in sent)
        if is_listed and not self.cleaned_data.get("people"):
            self.cleaned_data["people"] = People.LISTED
        title, slug = self.cleaned_data.get("title"), self.cleaned_data.get("slug")
        if self.makes_slug and title and slug is not None:
            made = slugify(title, allow_unicode=True)
            if not slug or slugify(slug, allow_unicode=True) == made:  # Otherwise somebody typed it.
                self.cleaned_data["slug"] = self.find_free_slug(slug or made)
        return super().clean()

    def add_error(self, field, error):
        # A draft can always be saved, also one of a story that has expired. Publishing it checks this again.
        is_over = field == "expire_at" and getattr(error, "message", None) == gettext(IS_OVER)
        if not (is_over and self.is_deferred_validation):
            super().add_error(field, error)

    def is_of_deleted_version(self):
        """Return whether the version with which the form was opened, or its autosave, was deleted since.

        All versions of a page are deleted once a name is out of it after a withdrawal. This form could bring
        the name back. Other changes since then are no error: Wagtail's editor asks before it overwrites them.
        """
        opened = self.data.get("overwrite_revision_id") or self.data.get("opened")
        if not opened or not self.instance.pk:
            return False
        return opened not in map(str, self.instance.revisions.values_list("pk", flat=True))

    def find_free_slug(self, slug):
        """Return `slug`, made from the title, with a number if it is in use or reserved.

        If `slug` is empty because the title has no letters, the name of the page type replaces it.
        """
        base = (slug or self.instance._meta.model_name)[:250]  # so that the number fits too
        numbered = (f"{base}-{number}" for number in itertools.count(2))
        return next(
            each
            for each in itertools.chain([base], numbered)
            if each not in RESERVED_SLUGS and Page._slug_is_available(each, self.parent_page, self.instance)
        )

    def get_field_updates_for_resave(self):
        # The form stays open after an autosave. Without this, it would still show the slug without number,
        # and name the version with which it was opened.
        updates = super().get_field_updates_for_resave()
        if "opened" in self.fields:
            updates.append(("opened", str(self.instance.latest_revision_id)))
        changed = self.makes_slug and self.data.get("slug") != self.instance.slug
        return [*updates, ("slug", self.instance.slug)] if changed else updates

    def defer_required_fields(self):
        # A page in moderation has to stay complete: it can be approved, and so published, without this form.
        if not self.instance.workflow_in_progress:
            super().defer_required_fields()

    def _post_clean(self):
        # For clean() of SitePage. It checks less for drafts, because a draft can always be saved.
        self.instance.is_draft = self.is_deferred_validation
        self.instance.is_publishing = not self.is_deferred_validation and self.would_publish()
        if not self.instance.pk:
            self.instance.parent_in_form = self.parent_page
        self.instance.reason = self.cleaned_data.get("reason", "")
        if self.instance.is_publishing or self.would_send_mails():
            self.take_rows()
        super()._post_clean()
        if self.would_submit():
            # Once the page is sent, its editor can't change it. So what the editor has to answer is checked
            # before. What only others can mend is a warning: say_what_prevents_publishing() in
            # editing/moderation/messages.py.
            for field, text, _person in answer_errors(self.instance):
                self.add_error(field, forms.ValidationError(text, code=CODE))
        if self.would_send_mails() and not self.instance.is_publishing:
            for field, errors in find_title_leaks(self.instance).items():
                self.add_error(field if field in self.fields else None, errors)
        self.link_people()
        if not self.errors:
            # Wagtail stores the data of the form for its preview.
            self.data = self.data.copy()
            self.data.pop("reason", None)

    def link_people(self):
        """Show each error with CODE on its own line, with links to people if the user is a safeguarding lead.

        Errors of WITHOUT_MARKUP get no markup.
        """
        for field, errors in self.errors.items():
            for error in errors.as_data():
                if error.code == CODE and field in WITHOUT_MARKUP:
                    error.message = as_text(error.message)
                elif error.code == CODE:
                    text = link_person(error, self.for_user)
                    error.message = format_html('<span class="story-refusal">{}</span>', text)

    def take_rows(self):
        """Give the page the rows that were sent, because its clean() checks them before save() is called."""
        for name, formset in self.formsets.items():
            # clean() checks nothing about comments.
            if name != "comments" and formset.is_valid():
                formset.save(commit=False)

    def would_submit(self):
        """Return whether the button that was pressed sends the page for approval."""
        return not self.is_deferred_validation and bool(SUBMITS & set(self.data))

    def would_send_mails(self):
        """Return whether the button that was pressed sends mails with the title of the page to moderators."""
        return self.would_submit() or (self.would_approve() and not self.is_deferred_validation)

    def would_approve(self):
        """Return whether the button that was pressed approves the page as its moderator."""
        return "action-workflow-action" in self.data and self.data.get("workflow-action-name") == "approve"

    def would_publish(self):
        """Return whether the button that was pressed publishes the page, at once or at a later time."""
        state = self.instance.current_workflow_state if self.would_approve() else None
        # Wagtail publishes the page when the last task is approved.
        return "action-publish" in self.data or (state is not None and open_tasks(state).count() == 1)


def as_text(message):
    """Return `message`, which may be HTML, as text."""
    return unescape(strip_tags(message)) if isinstance(message, SafeString) else message


def open_tasks(state):
    """Return the tasks of the WorkflowState `state` that are not approved yet, with the current one."""
    tasks = Task.objects.filter(workflow_tasks__workflow=state.workflow, active=True)
    return tasks.exclude(task_states__in=state.successful_task_states)
