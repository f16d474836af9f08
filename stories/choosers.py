"""Where editors choose a term: a theme, a country, an author, a group of the vocabulary."""

from wagtail.admin.forms.choosers import BaseFilterForm, SearchFilterMixin
from wagtail.snippets.views.chooser import ChooseResultsView, ChooseView, SnippetChooserViewSet


class TermChooserViewSet(SnippetChooserViewSet):
    """Only for choosing. Wagtail 8.0 has an address to create one also without a form, and fails there."""

    def get_urlpatterns(self):
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "create"]


class CountryFilterForm(SearchFilterMixin, BaseFilterForm):
    """Finds countries by their names, which are in no database column."""

    def filter(self, objects):
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        return objects.named_like(self.search_query) if self.is_searching else objects


class CountryChooseView(ChooseView):
    filter_form_class = CountryFilterForm


class CountryChooseResultsView(ChooseResultsView):
    filter_form_class = CountryFilterForm


class CountryChooserViewSet(TermChooserViewSet):
    choose_view_class = CountryChooseView
    choose_results_view_class = CountryChooseResultsView
