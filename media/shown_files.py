"""Decides who may change a file in a way that readers would see without a moderator's approval.

Readers would see changes to a file on a live page. They would also see changes to a file in a version of a
page that waits for a moderator, or for the date of its publication: the moderator approves the file as it is
now.
"""

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import Page, ReferenceIndex, Revision, TaskState
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy

from media.access import is_used_for_readers, may_publish, models_shown_with_pages

REFUSED = gettext_lazy(
    "Readers see this, or will soon: only somebody who may publish can change it. Did you send the page for "
    "approval? To change it, choose “Cancel workflow” in its editor first."
)


def may_change_what_readers_see(user, item):
    """Return whether `user` may change the parts of `item`, a picture or document, that readers see.

    A picture that is held because people on it, or in its page, do not agree counts as seen: it is shown
    again as soon as they agree. So does a file on a page that is restricted to some readers, or hidden.
    """
    return may_publish(user) or not (is_used_for_readers(Page.objects.live(), item) or is_waiting(item))


def is_waiting(item):
    """Return whether a version of a page that waits for a moderator or for its date shows `item`."""
    # The version refers to the file, or to something that is shown with its file, such as an author.
    sought = {key_of(type(item), item.pk)}
    references = ReferenceIndex.get_references_to(item)
    for model in models_shown_with_pages:
        instances = references.filter(base_content_type=ContentType.objects.get_for_model(model))
        sought |= {key_of(model, key) for key in instances.values_list("object_id", flat=True)}
    return any(sought & references_in(revision) for revision in waiting_versions())


def waiting_versions():
    """Return the Revisions of pages that wait for a moderator or for their date."""
    in_moderation = TaskState.objects.filter(status=TaskState.STATUS_IN_PROGRESS).values("revision")
    return Revision.page_revisions.filter(Q(approved_go_live_at__isnull=False) | Q(pk__in=in_moderation))


def key_of(model, pk):
    """Return (primary key of the content type, primary key as a string), as in Wagtail's reference index."""
    return ContentType.objects.get_for_model(model).pk, str(pk)


def references_in(revision):
    """Return {(primary key of a content type, primary key of an object)} of all references in `revision`."""
    found = ReferenceIndex._extract_references_from_object(revision.as_object())
    return {(content_type, str(key)) for content_type, key, _path, _content_path in found}


def loses_restriction(item, collection):
    """Return whether `collection` lacks a view restriction of the collection that `item` is in now."""
    kept = collection.get_view_restrictions()
    return item.collection.get_view_restrictions().exclude(pk__in=kept.values("pk")).exists()


class ShownFilePolicy(CollectionOwnershipPermissionPolicy):
    """Wagtail's policy for files. In addition, only users who may publish can delete what readers see."""

    def user_has_permission_for_instance(self, user, action, instance):
        allowed = super().user_has_permission_for_instance(user, action, instance)
        return allowed and (action != "delete" or may_change_what_readers_see(user, instance))


def check_move(request, action_type, items, view):
    """Refuse to move several files at once out of a restricted collection. Receiver of before_bulk_action.

    The form of a file refuses to move a single one: media/forms.py.
    """
    if action_type != "add_to_collection":
        return None
    collection = view.cleaned_form.cleaned_data["collection"]
    if any(
        loses_restriction(item, collection) and not may_change_what_readers_see(request.user, item)
        for item in items
    ):
        messages.error(request, REFUSED)
        return redirect(view.next_url)
    return None
