"""Leaves pages that are hidden from the user out of the uses of a picture, a document, a snippet or a page.

Wagtail lists them without their titles, and counts them: that tells that a hidden page exists.
"""

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce
from wagtail.models import Page, ReferenceIndex
from wagtail.models.reference_index import ReferenceIndexQuerySet

from editing.admin_access import visible_to
from editing.chosen_objects import current_check
from editing.patches import patch

# Wagtail's methods, which `start` replaces.
GROUP_BY_SOURCE, TO_IN_BULK = (
    ReferenceIndexQuerySet.group_by_source_object,
    ReferenceIndex.get_references_to_in_bulk,
)


def leave_out_hidden(references):
    """Return the queryset `references` without those from pages that are hidden from the request's user."""
    check = current_check.get()
    if not check:  # outside of the admin
        return references
    hidden = Page.objects.filter(~visible_to(check.request.user))
    return references.exclude(
        base_content_type=ContentType.objects.get_for_model(Page),
        # The index has primary keys as strings.
        object_id__in=hidden.values_list(Cast("pk", CharField())),
    )


def group_by_source(self):
    """Replace ReferenceIndexQuerySet.group_by_source_object, which views that list or count uses call."""
    return GROUP_BY_SOURCE(leave_out_hidden(self))


def get_references_in_bulk(_cls, objects):
    """Replace ReferenceIndex.get_references_to_in_bulk, which lists of files and bulk actions call."""
    return leave_out_hidden(TO_IN_BULK(objects))


def count_uses(_cls, model):
    """Replace ReferenceIndex.usage_count_subquery, by which lists of files are sorted and filtered."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(model),
        to_object_id=Cast(OuterRef("pk"), CharField()),
    )
    counts = (
        leave_out_hidden(references).values("to_object_id").annotate(count=Count("object_id", distinct=True))
    )
    return Coalesce(Subquery(counts.values("count")), 0)


def start():
    """Patch Wagtail's index of references."""
    patch(ReferenceIndexQuerySet, "group_by_source_object", group_by_source)
    patch(ReferenceIndex, "get_references_to_in_bulk", classmethod(get_references_in_bulk))
    patch(ReferenceIndex, "usage_count_subquery", classmethod(count_uses))
