"""Fixes filters, columns and bulk actions of the admin's lists that fail in Wagtail 8.0, mostly in searches.

A search can only be filtered by fields of its index and by primary keys. So the filters here find keys first.
Some functions add a rule of this project: bulk actions leave out the trash, those that have nothing to do are
not offered, and the picture chooser offers only tags of pictures that the user may choose.
"""

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.shortcuts import get_object_or_404
from django_filters import RangeFilter
from django_filters.fields import RangeField
from taggit.models import TaggedItem
from wagtail.admin.views.bulk_action.registry import BulkActionRegistry
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.admin.views.pages.listing import HasChildPagesFilter, PageListingMixin
from wagtail.admin.views.pages.search import page_filter_search
from wagtail.images.views import chooser
from wagtail.models import Page

from editing.patches import patch
from editing.visible_titles import popular_tags
from publishing.trash import in_trash

# The largest number of PostgreSQL's type "integer".
MAX_COUNT = 2**31 - 1
# Wagtail's methods, which `start` replaces.
CHILD_PAGES_FILTER = HasChildPagesFilter.filter
VALID_ORDERINGS = PageListingMixin.get_valid_orderings
BULK_ACTIONS = BulkActionRegistry.get_bulk_actions_for_model


def filter_child_pages(self, queryset, value):
    """Replace HasChildPagesFilter.filter, which fails during a search."""
    if not value:
        return queryset
    return queryset.filter(pk__in=CHILD_PAGES_FILTER(self, Page.objects.all(), value).values("pk"))


def get_valid_orderings(self):
    """Replace PageListingMixin.get_valid_orderings: during a search leave out the column of page types.

    Wagtail means to do so, but compares it with a name that the column no longer has.
    """
    orderings = VALID_ORDERINGS(self)
    return [each for each in orderings if not (self.is_searching and each.endswith("content_type__model"))]


def get_all_listed(self, parent_id):
    """Replace PageBulkAction.get_all_objects_in_listing_query: leave out the trash.

    Wagtail's method searches in a queryset of primary keys and fails, because our search returns pages.
    """
    words, pages = self.request.GET.get("q"), self.model.objects.exclude(in_trash())
    if parent_id is not None:
        parent = get_object_or_404(self.model, pk=parent_id)
        pages = pages.descendant_of(parent) if words else pages.child_of(parent)
    if words:
        return [page.pk for page in page_filter_search(words, pages)[0]]
    return pages.values_list("pk", flat=True)


def get_offered_actions(self, app_label, model_name):
    """Replace BulkActionRegistry.get_bulk_actions_for_model: leave out actions that have nothing to do.

    The class method `is_offered` of an action says whether it has. Without the method, it always has.
    """
    actions = BULK_ACTIONS(self, app_label, model_name)
    return [each for each in actions if not hasattr(each, "is_offered") or each.is_offered()]


class CountRangeField(RangeField):
    """A range of two whole numbers. RangeField accepts decimal numbers, and "1e999999999" takes hours."""

    def __init__(self, *args, **kwargs):
        count = forms.IntegerField(min_value=0, max_value=MAX_COUNT)
        super().__init__((count, count), *args, **kwargs)


class TagFilterMixin:
    """For views of the picture chooser: filters the pictures by the tag in the query string."""

    def filter_object_list(self, objects):
        if tag := self.request.GET.get("tag"):
            content_type = ContentType.objects.get_for_model(self.model)
            tagged = TaggedItem.objects.filter(content_type=content_type, tag__name=tag)
            objects = objects.filter(pk__in=tagged.values("object_id"))
        # Call the method of the grandparent: that of Wagtail's class itself would filter by the tag again.
        return super(chooser.BaseImageChooseView, self).filter_object_list(objects)


class ImageChooseView(TagFilterMixin, chooser.ImageChooseView):
    """The picture chooser, with the tags of pictures that the user may choose."""

    def get_context_data(self, **kwargs):
        tags = popular_tags(self.request.user, self.model)
        return super().get_context_data(**kwargs) | {"popular_tags": tags}


class ImageChooseResultsView(TagFilterMixin, chooser.ImageChooseResultsView):
    """The results of the picture chooser."""


def start():
    """Patch Wagtail's filters and views."""
    patch(HasChildPagesFilter, "filter", filter_child_pages)
    patch(PageListingMixin, "get_valid_orderings", get_valid_orderings)
    patch(PageBulkAction, "get_all_objects_in_listing_query", get_all_listed)
    patch(BulkActionRegistry, "get_bulk_actions_for_model", get_offered_actions)
    patch(RangeFilter, "field_class", CountRangeField)
    patch(chooser.ImageChooserViewSet, "choose_view_class", ImageChooseView)
    patch(chooser.ImageChooserViewSet, "choose_results_view_class", ImageChooseResultsView)
