"""Views of the page chooser that don't show the titles of pages that are hidden from the user.

editing/urls.py routes to them instead of Wagtail 8.0's views.
"""

from django.http import Http404
from wagtail.admin.views import chooser
from wagtail.models import Page

from editing.admin_access import is_visible


class BrowseView(chooser.BrowseView):
    def get_object_list(self):
        """Return the pages below `parent_page`, or below the root if the user may not see `parent_page`.

        Without a parent in the address, Wagtail takes the lowest page above all pages of the wanted type.
        """
        if not is_visible(self.parent_page, self.request.user):
            self.parent_page = Page.get_first_root_node().specific
        # Wagtail passes these to int() later on.
        if not all(number.isdecimal() for number in self.request.GET.getlist("target_pages[]") if number):
            raise Http404
        return super().get_object_list()


class VisibleParentColumn(chooser.ParentPageColumn):
    """The title of the page above, unless that page is hidden. A public page can be below a hidden one."""

    def get_cell_context_data(self, instance, parent_context):
        context = super().get_cell_context_data(instance, parent_context)
        if context["value"] and not is_visible(context["value"], context["request"].user):
            context["value"] = None
        return context


class SearchView(chooser.SearchView):
    @property
    def columns(self):
        return [
            VisibleParentColumn(column.name, label=column.label)
            if isinstance(column, chooser.ParentPageColumn)
            else column
            for column in super().columns
        ]


class ExternalLinkView(chooser.ExternalLinkView):
    def render_chosen_response(self, result):
        """Answer with the address that was typed, if it is that of a page that the user may not see.

        Wagtail turns the address of a live page into a link to the page, with the title of its draft.
        """
        if "id" in result and not is_visible(Page(pk=result["id"]), self.request.user):
            result = self.get_result_data()
        return super().render_chosen_response(result)
