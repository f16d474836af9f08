"""The choosers of snippets: themes, authors and countries, and the search's groups of synonyms."""

from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.snippets.views.chooser import ChooseResultsView, ChooseView, SnippetChooserViewSet


class ByNameMixin:
    """For views of a chooser of terms: sorts them by name in the user's language, also during a search."""

    def apply_object_list_ordering(self, objects):
        return objects.by_name()


class SelectOnlyChooserViewSet(SnippetChooserViewSet):
    """A chooser that can't create snippets.

    Wagtail 8.0 has a URL for it even when there is no creation form, and answers it with status 500.
    """

    def get_urlpatterns(self):
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]


class TermChooseView(ByNameMixin, ChooseView):
    pass


class TermChooseResultsView(ByNameMixin, ChooseResultsView):
    pass


class TermChooserViewSet(SelectOnlyChooserViewSet):
    choose_view_class = TermChooseView
    choose_results_view_class = TermChooseResultsView


class CountryFilterForm(SearchFilterMixin, BaseFilterForm):
    """Searches countries by their names in all content languages, which no column of the database has."""

    def filter(self, objects):
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        return objects.named_like(self.search_query) if self.is_searching else objects


class CountryChooseView(TermChooseView):
    filter_form_class = CountryFilterForm


class CountryChooseResultsView(TermChooseResultsView):
    filter_form_class = CountryFilterForm


class CountryChooserViewSet(SelectOnlyChooserViewSet):
    choose_view_class = CountryChooseView
    choose_results_view_class = CountryChooseResultsView
