"""Parts of lists of pages that stay fast with many thousands of pages."""

from wagtail.admin.ui.tables.pages import PageTitleColumn


class EditTitleColumn(PageTitleColumn):
    """The title, without the menu of actions. The menu takes queries and most of the time of each row."""

    cell_template_name = "editing/edit_title_cell.html"


class LongListMixin:
    """For lists of pages: calls `annotate_queryset` only with the pages that are shown.

    Wagtail's own view calls it in `get_base_queryset`, before the pages are sorted, and SQLite then computes
    the annotations for all pages. A view with this mixin has a `get_base_queryset` that doesn't call it.
    """

    def paginate_queryset(self, queryset, page_size):
        paginator, page, pages, is_paginated = super().paginate_queryset(queryset, page_size)
        keys = list(pages.values_list("pk", flat=True))
        shown = {each.pk: each for each in self.annotate_queryset(self.model.objects.filter(pk__in=keys))}
        # A page can be deleted between the two queries.
        page.object_list = [shown[key] for key in keys if key in shown]
        return paginator, page, page.object_list, is_paginated
