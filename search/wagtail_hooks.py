"""Registers the search vocabulary and the report of searches without results in the Wagtail admin."""

from django.contrib.auth.models import Permission
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import CreateView, SnippetViewSet

from search.missed import MissedSearchDelete, MissedSearchReport
from search.models import VocabularyGroup

# --- Vocabulary ----------------------------------------------------------------------------------


class VocabularyCreateView(CreateView):
    def get_initial(self):
        """Fill in `terms` from the query string. The report of searches without results has such links."""
        return super().get_initial() | {"terms": self.request.GET.get("terms", "")}


class VocabularyViewSet(SnippetViewSet):
    model = VocabularyGroup
    icon = "list-ul"
    add_view_class = VocabularyCreateView
    list_display = ["__str__", BooleanColumn("leads_to_help", label=_("Help"), sort_key="leads_to_help")]
    list_filter = ["leads_to_help"]
    list_per_page = 50
    search_fields = ["terms"]
    panels = ["terms", "leads_to_help"]
    add_to_admin_menu = True
    menu_order = 260  # after "Filed under", which has 250


register_snippet(VocabularyViewSet)


# --- Searches without result ---------------------------------------------------------------------


class MissedSearchesMenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm("search.view_missedsearch")


@hooks.register("register_reports_menu_item")
def register_missed_searches_menu_item():
    return MissedSearchesMenuItem(
        MissedSearchReport.page_title, reverse("missed_searches"), name="missed-searches", icon_name="search"
    )


@hooks.register("construct_reports_menu")
def remove_search_terms_menu_item(request, menu_items):
    # Wagtail's report of search terms would always be empty, because the search page does not call its
    # Query.add_hit(), which stores the words of every search. MissedSearch stores fewer (search/models.py).
    menu_items[:] = [item for item in menu_items if item.name != "search-terms"]


@hooks.register("register_admin_urls")
def register_missed_searches_urls():
    report, base = MissedSearchReport, "reports/searches-without-result/"
    return [
        path(base, report.as_view(), name="missed_searches"),
        path(f"{base}results/", report.as_view(results_only=True), name="missed_searches_results"),
        path(f"{base}<int:pk>/delete/", MissedSearchDelete.as_view(), name="missed_search_delete"),
    ]


@hooks.register("register_permissions")
def register_missed_searches_permissions():
    return Permission.objects.filter(
        content_type__app_label="search", codename__in=["view_missedsearch", "delete_missedsearch"]
    )
