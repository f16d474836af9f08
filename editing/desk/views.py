"""The view that shows a list of the desk with all its pages."""

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import PageStatusColumn, ParentPageColumn
from wagtail.admin.views.pages.listing import IndexView

from editing.desk.long_lists import EditTitleColumn, LongListMixin
from editing.desk.panel import LISTS


class DeskListView(LongListMixin, IndexView):
    """A table of all pages of the list with the `key` of the address, in the order of the list."""

    header_icon = "list-ul"
    template_name = "wagtailadmin/generic/index.html"
    filterset_class = None
    default_ordering = None
    paginate_by = 25  # fewer than Wagtail's 50, because each row takes time
    is_searchable = False

    def setup(self, request, *args, key, **kwargs):
        super().setup(request, *args, **kwargs)
        self.desk_list = next((each for each in LISTS if each.key == key), None)
        if not self.desk_list:
            raise Http404
        self.page_title = self.desk_list.heading
        self.notes = {}  # {primary key: text} of the pages that are shown; see get_context_data

    @cached_property
    def columns(self):
        return [
            EditTitleColumn("title", label=_("Title"), classname="title"),
            Column("note", label=_("Note"), accessor=lambda page: self.notes.get(page.pk, "")),
            ParentPageColumn("parent", label=_("Parent")),
            PageStatusColumn("status", label=_("Status")),
            DateColumn("latest_revision_created_at", label=_("Updated")),
        ]

    def get_base_queryset(self):
        return self.desk_list.find(self.request.user)

    def get_index_url(self):
        return reverse("desk_list", args=[self.desk_list.key])

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        self.notes = self.desk_list.describe(context["object_list"])
        return context
