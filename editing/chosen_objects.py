"""Refuses what a form of the admin may not store: whatever its user may not choose.

Wagtail's choosers offer only what their user may choose, but its forms accept any ID. The rule here is one
for all forms: a reference that is new in a form must be to something that its user may choose. What was
stored before, by anybody, stays. docs/decisions/admin-access.md says why.

Every ID enters a form through a chooser or through rich text. Both drop what may not be chosen when they read
the request, so that the form that comes back, a preview or an error cannot show it. Model forms then say so
beside the field, and check what they are about to store once more, as Wagtail's reference index reads it.
"""

from contextvars import ContextVar
from functools import wraps

from bs4 import BeautifulSoup
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.rich_text.editors.draftail import DraftailRichTextArea
from wagtail.admin.views.pages import copy
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage
from wagtail.models import Locale, Page, ReferenceIndex, Revision, Site, Task
from wagtail.permissions import policy_registry
from wagtail.rich_text import extract_references_from_rich_text
from wagtail.snippets.models import get_snippet_models

from editing.admin_access import visible_to
from editing.patches import patch
from media.access import FILE_PERMISSIONS, is_shown_at_once

FILES = (AbstractImage, AbstractDocument)
# Models beside snippets of which every instance is offered to whoever may open a form with them.
OFFERED_TO_ALL = [Site, Locale, Task]
# Wagtail's methods, which `start` replaces.
CHOOSER_VALUE = BaseChooser.value_from_datadict
RICH_TEXT_VALUE = DraftailRichTextArea.value_from_datadict
FORM_INIT, FORM_POST_CLEAN = WagtailAdminModelForm.__init__, WagtailAdminModelForm._post_clean

current_check = ContextVar("current_check", default=None)


def choosable(user, model):
    """Return the instances of `model` that `user` may choose; none of a model that is not known here."""
    if user.is_superuser:
        return model._base_manager.all()
    if issubclass(model, Page):
        return model._base_manager.filter(visible_to(user))
    if issubclass(model, FILES):
        policy = policy_registry.get_by_type(model)
        return policy.instances_user_has_any_permission_for(user, FILE_PERMISSIONS)
    if model in [*get_snippet_models(), *OFFERED_TO_ALL]:
        return model._base_manager.all()
    return model._base_manager.none()


def may_publish(user):
    """Return whether `user` may publish pages, in one section at least."""
    return policy_registry.get_by_type(Page).user_has_permission(user, "publish")


class ChoiceCheck:
    """What the user of one request to the admin may choose, in what that request edits.

    `refused`: the names of the form controls whose value was dropped.
    """

    def __init__(self, request):
        self.request = request
        self.refused = set()
        self._edited = set()
        self._allowed = {}

    def start_editing(self, instance):
        """Note that a form edits `instance`: what is stored in it may stay."""
        if instance.pk:
            self._edited.add((type(instance), instance.pk))
            self.__dict__.pop("stored", None)
            self._allowed.clear()

    def allows(self, model, key, *, may_be_missing=False):
        """Return whether `key`, as it was sent, names an instance of `model` that a form may store.

        With `may_be_missing`, also where there is no such instance, which Wagtail then refuses itself. In
        rich text Wagtail stores such a key, and a page made later could get it.
        """
        model, key = normalised(model, key)
        if key is None:
            return False
        if (model, key) not in self._allowed:
            self._allowed[model, key] = (
                choosable(self.request.user, model).filter(pk=key).exists() or (model, key) in self.stored
            )
        return self._allowed[model, key] or (
            may_be_missing and not model._base_manager.filter(pk=key).exists()
        )

    @cached_property
    def stored(self):
        """The references in what is edited, as it is live and as it is in the draft that is open."""
        versions = [version for edited in self._edited for version in self._versions(*edited)]
        return {reference for version in versions for reference, _field in references_of(version)}

    def _versions(self, model, pk):
        row = model._base_manager.filter(pk=pk).first()
        if row is None:
            return []
        # A form that goes back to an earlier revision is opened on that one.
        open_revisions = [getattr(row, "latest_revision_id", None)]
        open_revisions.append(self.request.resolver_match.kwargs.get("revision_id"))
        revisions = Revision.objects.for_instance(row).filter(pk__in=filter(None, open_revisions))
        return [row, *(revision.as_object() for revision in revisions)]

    def errors(self, form):
        """Yield (name of a field of `form`, message) for each field that holds what may not be chosen."""
        names = {
            name
            for name in form.fields
            for control in self.refused
            if f"{control}-".startswith(f"{form.add_prefix(name)}-")
        }
        is_shown = is_shown_at_once(type(form.instance)) and not may_publish(self.request.user)
        for (model, key), name in references_of(form.instance):
            if name not in form.fields or name in names:
                continue
            if is_shown and issubclass(model, FILES) and (model, key) not in self.stored:
                yield name, _("Readers see this at once: only somebody who may publish can choose it.")
            elif not self.allows(model, key):
                names.add(name)
        for name in names:
            yield name, _("Something chosen here is not available to you. Remove it or choose another.")


def normalised(model, key):
    """Return the model that `model` inherits its keys from, and `key` as such a key, or None."""
    model = (model._meta.get_parent_list() or [model])[-1]
    try:
        key = model._meta.pk.to_python(key)
        model._meta.pk.run_validators(key)  # whether the database can hold it
    except ValidationError:
        key = None
    return model, None if "\0" in str(key) else key


def references_of(instance):
    """Return ((model, key), name of the field or relation) for all that `instance` refers to."""
    found = []
    for content_type, key, path, _content_path in ReferenceIndex._extract_references_from_object(instance):
        model = ContentType.objects.get_for_id(content_type).model_class()
        found.append((normalised(model, key), path.partition(".")[0]))
    return found


def check_choices(view):
    """Decorate a view of the admin to check what its forms store."""

    @wraps(view)
    def checked(request, *arguments, **named):
        current_check.set(ChoiceCheck(request))
        response = None
        try:
            response = view(request, *arguments, **named)
        finally:
            # Most views leave it to Django to render their forms, after they have returned.
            if getattr(response, "is_rendered", True):
                stop_checking()
            else:
                response.add_post_render_callback(stop_checking)
        return response

    return checked


def stop_checking(_response=None):
    current_check.set(None)


def read_chooser(self, data, files, name):
    """Stand in for BaseChooser.value_from_datadict: nothing, where it may not be chosen."""
    value, check = CHOOSER_VALUE(self, data, files, name), current_check.get()
    if value is None or check is None or check.allows(self.model_class, value, may_be_missing=True):
        return value
    check.refused.add(name)
    return None


def read_rich_text(self, data, files, name):
    """Stand in for DraftailRichTextArea.value_from_datadict: no link to what may not be chosen."""
    html, check = RICH_TEXT_VALUE(self, data, files, name), current_check.get()
    if html is None or check is None:
        return html
    soup = BeautifulSoup(html, "html.parser")
    refused = [tag for tag in soup.find_all(["a", "embed"]) if not allows_tag(check, tag)]
    if not refused:
        return html
    check.refused.add(name)
    for tag in refused:
        tag.unwrap()
    return str(soup)


def allows_tag(check, tag):
    try:
        return all(check.allows(*reference[:2]) for reference in extract_references_from_rich_text(str(tag)))
    except KeyError:  # a link to a document, without its key
        return False


def start_form(self, *args, **kwargs):
    """Stand in for WagtailAdminModelForm.__init__, and note what it edits before it changes that."""
    FORM_INIT(self, *args, **kwargs)
    if (check := current_check.get()) and self.is_bound:
        check.start_editing(self.instance)


def check_form(self):
    """Stand in for WagtailAdminModelForm._post_clean, and refuse what may not be chosen."""
    FORM_POST_CLEAN(self)
    if check := current_check.get():
        for name, message in check.errors(self):
            # A value that was dropped may also be missed as required, and only the first error is shown.
            self._errors.pop(name, None)
            self.add_error(name, message)


class CopyView(copy.CopyView):
    """Wagtail's view that copies a page, without its `post`.

    That looks up the new parent before the form is valid, and fails if there is no such page.
    """

    post = FormView.post


class CheckedPageViewSet(PageViewSet):
    """The views of all page types."""

    copy_view_class = CopyView


def start():
    patch(BaseChooser, "value_from_datadict", read_chooser)
    patch(DraftailRichTextArea, "value_from_datadict", read_rich_text)
    patch(WagtailAdminModelForm, "__init__", start_form)
    patch(WagtailAdminModelForm, "_post_clean", check_form)
