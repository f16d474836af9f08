"""Makes the forms of the admin refuse references to objects that their user may not choose.

Wagtail's choosers offer only objects that the user may choose, but its forms accept any ID. The rule here
holds for all forms: a new reference must be to an object that the user may choose. References that are
stored already stay, whoever chose them. docs/decisions/admin-access.md says why.

Every ID enters a form through a chooser or through rich text. Both drop a forbidden ID when they read the
request, so that neither the form that is shown again nor a preview nor an error can show its object. Model
forms then add an error to the field. They also check all references that they are about to store, as
Wagtail's reference index finds them.
"""

import json
from contextvars import ContextVar
from functools import wraps

from bs4 import BeautifulSoup
from django.contrib.contenttypes.models import ContentType
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage
from wagtail.models import Locale, Page, ReferenceIndex, Revision, Site, Task
from wagtail.permissions import policy_registry
from wagtail.rich_text import extract_references_from_rich_text
from wagtail.snippets.models import get_snippet_models

from editing.access.admin_access import parse_key, visible_to
from media.access import FILE_PERMISSIONS, is_shown_at_once, may_publish
from safeguarding.models import Contributor

FILES = (AbstractImage, AbstractDocument)
# Models, besides snippets, whose choosers offer all instances to everybody who may open the form.
OFFERED_TO_ALL = [Contributor, Site, Locale, Task]

# The depth of the innermost list that the rich text editor makes.
DEEPEST_LIST = 4

# The ChoiceCheck of the request, because widgets and forms of formsets are not given the request. None
# outside of admin views.
current_check = ContextVar("current_check", default=None)


def choosable(user, model):
    """Return the instances of `model` that `user` may choose. A model without a rule has none."""
    if issubclass(model, Page):
        return model._base_manager.filter(visible_to(user))
    if user.is_superuser:
        return model._base_manager.all()
    if issubclass(model, FILES):
        policy = policy_registry.get_by_type(model)
        return policy.instances_user_has_any_permission_for(user, FILE_PERMISSIONS)
    if model in [*get_snippet_models(), *OFFERED_TO_ALL]:
        return model._base_manager.all()
    return model._base_manager.none()


class ChoiceCheck:
    """Decides which references the user of one admin request may store.

    `refused`: the names of the form controls whose value was dropped.
    """

    def __init__(self, request):
        self.request = request
        self.refused = set()
        # (model, primary key) of the instances that the request edits.
        self._edited = set()
        self._choosable = {}  # {(model, key): whether it may be chosen}

    def start_editing(self, instance):
        """Note that a form edits `instance`, so the references that are stored in it are allowed."""
        if instance.pk:
            self._edited.add((type(instance), instance.pk))
            self.__dict__.pop("stored", None)  # The cached property was computed without this instance.

    def allows(self, model, key, *, may_be_missing=False):
        """Return whether a form may store a reference to the instance of `model` with the primary key `key`.

        `key`: as it was sent. `may_be_missing`: allow a key without an instance, which choosers refuse
        themselves. In rich text Wagtail would store such a key, and a page that is made later could get it.
        """
        model, key = to_base_key(model, key)
        if key is None:
            return False
        if self.shows(model, key) or (model, key) in self.stored:
            return True
        return may_be_missing and not model._base_manager.filter(pk=key).exists()

    def shows(self, model, key):
        """Return whether a form may show title and address of the instance with the primary key `key`.

        A reference that is stored may stay, but its object may have been hidden since it was chosen.
        """
        model, key = to_base_key(model, key)
        if (model, key) not in self._choosable:
            self._choosable[model, key] = choosable(self.request.user, model).filter(pk=key).exists()
        return self._choosable[model, key]

    @cached_property
    def stored(self):
        """The references in the edited instances: in their rows, and in the revisions that are open."""
        versions = [version for edited in self._edited for version in self._versions(*edited)]
        return {reference for version in versions for reference, _field in references_of(version)}

    def _versions(self, model, pk):
        row = model._base_manager.filter(pk=pk).first()
        if row is None:
            return []
        # When an earlier revision is being restored, the form is opened with that one. None is no key.
        restored = self.request.resolver_match.kwargs.get("revision_id")
        open_revisions = [getattr(row, "latest_revision_id", None), restored]
        revisions = Revision.objects.for_instance(row).filter(pk__in=open_revisions)
        return [row, *(revision.as_object() for revision in revisions)]

    def errors(self, form):
        """Yield (name of the field, message) for each field of `form` with a forbidden reference."""
        # The names of the controls of blocks begin with the name of their StreamField.
        names = {
            name
            for name in form.fields
            for control in self.refused
            if f"{control}-".startswith(f"{form.add_prefix(name)}-")
        }
        # Readers see the files of some models, such as Author, as soon as the form is saved.
        needs_publisher = is_shown_at_once(type(form.instance)) and not may_publish(self.request.user)
        for (model, key), name in references_of(form.instance):
            if name not in form.fields or name in names:
                continue
            if needs_publisher and issubclass(model, FILES) and (model, key) not in self.stored:
                yield name, _("Readers see this at once: only somebody who may publish can choose it.")
            elif not self.allows(model, key):
                names.add(name)
        for name in names:
            yield name, _("Something chosen here is not available to you. Remove it or choose another.")


def to_base_key(model, key):
    """Return (the model that `model` inherits its primary key from, `key` converted for it).

    The key is None if it is no valid key. All page types share the keys of Page.
    """
    model = (model._meta.get_parent_list() or [model])[-1]
    return model, parse_key(model, key)


def references_of(instance):
    """Return a list of ((model, key), name of the field or relation) of all references in `instance`."""
    found = []
    for content_type, key, path, _content_path in ReferenceIndex._extract_references_from_object(instance):
        model = ContentType.objects.get_for_id(content_type).model_class()
        found.append((to_base_key(model, key), path.partition(".")[0]))
    return found


def check_choices(view):
    """Decorate an admin view to check the references that its forms store."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        current_check.set(ChoiceCheck(request))
        response = None
        try:
            response = view(request, *args, **kwargs)
        finally:
            # Most views return a TemplateResponse, which Django renders later.
            if getattr(response, "is_rendered", True):
                stop_checking()
            else:
                response.add_post_render_callback(stop_checking)
        return response

    return checked


def stop_checking(_response=None):
    current_check.set(None)


def read_chooser(self, data, files, name):
    """Replace BaseChooser.value_from_datadict: return None for a forbidden reference."""
    value, check = read_chooser.original(self, data, files, name), current_check.get()
    if value is None or check is None or check.allows(self.model_class, value, may_be_missing=True):
        return value
    check.refused.add(name)
    return None


def read_rich_text(self, data, files, name):
    """Replace DraftailRichTextArea.value_from_datadict: unwrap forbidden links and embeds.

    NUL is dropped. SQLite would store it, and no feed can contain it. The depth of lists is limited as in the
    editor: Wagtail makes an element for each level, and a number of nine digits fills the memory.
    """
    if content := json.loads(data.get(name) or "null"):
        for block in content["blocks"]:
            block["depth"] = min(block.get("depth", 0), DEEPEST_LIST)
        data = {name: json.dumps(content)}
    html, check = read_rich_text.original(self, data, files, name), current_check.get()
    if html is None:
        return html
    html = html.replace("\0", "")
    return unwrap_forbidden(html, check, name) if check else html


def unwrap_forbidden(html, check, name):
    """Return `html`, the value of the control `name`, without the links and embeds that `check` forbids."""
    soup = BeautifulSoup(html, "html.parser")
    refused = [tag for tag in soup.find_all(["a", "embed"]) if not allows_tag(check, tag)]
    if not refused:
        return html
    check.refused.add(name)
    for tag in refused:
        tag.unwrap()
    return str(soup)


def allows_tag(check, tag):
    """Return whether `check` allows what `tag` refers to. A link to a web address refers to nothing."""
    try:
        # Each reference begins with the model and the key.
        return all(check.allows(*reference[:2]) for reference in extract_references_from_rich_text(str(tag)))
    except KeyError:  # a link to a document that has no key
        return False


def start_form(self, *args, **kwargs):
    """Replace WagtailAdminModelForm.__init__: note the instance before the form changes it."""
    start_form.original(self, *args, **kwargs)
    if (check := current_check.get()) and self.is_bound:
        check.start_editing(self.instance)


def check_form(self):
    """Replace WagtailAdminModelForm._post_clean: add errors for forbidden references."""
    check_form.original(self)
    if check := current_check.get():
        for name, message in check.errors(self):
            # A required field whose value was dropped has an error already, and only the first is shown.
            self._errors.pop(name, None)
            self.add_error(name, message)
