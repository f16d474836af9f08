"""Bulk actions without the trash, and offered only where they have something to do; numbers in filters."""

from django import forms
from django_filters.fields import RangeField
from wagtail.admin.views.pages.search import page_filter_search

from publishing.trash import in_trash

# The largest number of PostgreSQL's type "integer".
MAX_COUNT = 2**31 - 1


def get_all_listed(self, parent_id):
    """Replace PageBulkAction.get_all_objects_in_listing_query: leave out the trash.

    Wagtail's method searches in a queryset of primary keys and fails, because our search returns pages.
    """
    words, pages = self.request.GET.get("q"), self.model.objects.exclude(in_trash())
    if parent_id is not None:
        parent = self.model.objects.get(pk=parent_id)
        pages = pages.descendant_of(parent) if words else pages.child_of(parent)
    if words:
        return [page.pk for page in page_filter_search(words, pages)[0]]
    return pages.values_list("pk", flat=True)


def get_offered_actions(self, app_label, model_name):
    """Replace BulkActionRegistry.get_bulk_actions_for_model: leave out actions that have nothing to do.

    The class method `is_offered` of an action says whether it has. Without the method, it always has.
    """
    actions = get_offered_actions.original(self, app_label, model_name)
    return [each for each in actions if not hasattr(each, "is_offered") or each.is_offered()]


class CountRangeField(RangeField):
    """A range of two whole numbers. RangeField accepts decimal numbers, and "1e999999999" takes hours."""

    def __init__(self, *args, **kwargs):
        count = forms.IntegerField(min_value=0, max_value=MAX_COUNT)
        super().__init__((count, count), *args, **kwargs)
