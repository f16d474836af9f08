"""The chooser of pages, without what Wagtail 8.0 tells in it of pages that are hidden from who asks."""

from django.http import Http404
from wagtail.admin.views.chooser import BrowseView, ExternalLinkView, ParentPageColumn
from wagtail.models import Page

from editing.admin_access import is_visible

WAGTAILS_LIST = BrowseView.get_object_list
WAGTAILS_CELL = ParentPageColumn.get_cell_context_data
CHOSEN_RESPONSE = ExternalLinkView.render_chosen_response


def get_object_list(self):
    """Stand in for BrowseView's: it begins with the page above all of the wanted type, whoever asks."""
    if not is_visible(self.parent_page, self.request.user):
        self.parent_page = Page.get_first_root_node().specific
    # Later on, Wagtail takes anything for a number.
    if not all(number.isdecimal() for number in self.request.GET.getlist("target_pages[]") if number):
        raise Http404
    return WAGTAILS_LIST(self)


def get_cell_context_data(self, instance, parent_context):
    """Stand in for ParentPageColumn's: a public page may be below one that is not, or is being renamed."""
    context = WAGTAILS_CELL(self, instance, parent_context)
    if context["value"] and not is_visible(context["value"], context["request"].user):
        context["value"] = None
    return context


def render_chosen_response(self, result):
    """Stand in for ExternalLinkView's: it answers the address of a live page with the page's draft title."""
    if "id" in result and not is_visible(Page(pk=result["id"]), self.request.user):
        result = self.get_result_data()
    return CHOSEN_RESPONSE(self, result)


def start():
    BrowseView.get_object_list = get_object_list
    ParentPageColumn.get_cell_context_data = get_cell_context_data
    ExternalLinkView.render_chosen_response = render_chosen_response
