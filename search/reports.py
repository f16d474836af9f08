"""The admin's report of searches without results, and the view that deletes one of its rows."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column, NumberColumn, TitleColumn
from wagtail.admin.views.generic import DeleteView
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import ListingButton

from search.models import MissedSearch, VocabularyGroup


class WordsColumn(ButtonsColumnMixin, TitleColumn):
    """The words of a search, with buttons to add them to the vocabulary and to delete the row."""

    def get_buttons(self, instance, parent_context):
        user = parent_context["request"].user
        buttons = []
        if user.has_perm("search.add_vocabularygroup"):
            url = reverse(VocabularyGroup.snippet_viewset.get_url_name("add"))
            url = f"{url}?{urlencode({'terms': instance.words})}"
            buttons.append(row_button(_("New vocabulary group"), url, instance))
        if user.has_perm("search.delete_missedsearch"):
            url = reverse("missed_search_delete", args=[instance.pk])
            buttons.append(row_button(_("Delete"), url, instance))
        return buttons


def row_button(label, url, missed):
    """Return a button for `missed`, a MissedSearch, whose accessible name includes its words."""
    return ListingButton(label, url, attrs={"aria-label": f"{label}: {missed.words}"})


class MissedSearchReport(ReportView):
    """Lists MissedSearches that are frequent enough for their words to be stored, the most frequent first."""

    queryset = MissedSearch.objects.exclude(words="")
    model = MissedSearch
    permission_required = "view"
    page_title = _("Searches without result")
    header_icon = "search"
    default_ordering = "-count"
    index_url_name = "missed_searches"
    index_results_url_name = "missed_searches_results"
    export_filename = "searches-without-result"
    list_export = ["words", "count", "month"]
    columns = [
        WordsColumn("words", label=_("Words"), sort_key="words"),
        NumberColumn("count", label=_("Times"), sort_key="count"),
        Column(
            "month",
            label=_("Last in"),
            sort_key="month",
            accessor=lambda missed: date_format(missed.month, "YEAR_MONTH_FORMAT"),
        ),
    ]

    def order_queryset(self, queryset):
        return queryset.order_by(self.ordering, "words")

    @cached_property
    def no_results_message(self):
        return gettext("Nothing was searched for in vain on %(number)d days or more.") % {
            "number": MissedSearch.MIN_REPORTED_COUNT
        }


class MissedSearchDelete(DeleteView):
    model = MissedSearch
    index_url_name = "missed_searches"
    delete_url_name = "missed_search_delete"
    header_icon = "search"

    def delete_action(self):
        # Wagtail's delete_action() also writes a log entry, which would keep the words.
        self.object.delete()
