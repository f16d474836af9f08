"""The form of the search page: words, filters and sort order, from the query string."""

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from search.facets import SEARCH_FILTERS
from stories.filters import StoryFilterForm


class SortOrder(models.TextChoices):
    """The orders of the results, by the value of `sort` in the query string."""

    RELEVANCE = "", _("Best match first")
    DATE = "date", _("Newest first")


class SearchForm(StoryFilterForm):
    """Validates the query string of the search page, with the filters of lists of stories and one more.

    An invalid filter is ignored; only invalid words give an error that visitors see. CharField refuses
    NUL characters, which databases cannot store.
    """

    offered = SEARCH_FILTERS

    q = forms.CharField(
        required=False,
        max_length=200,
        error_messages={"max_length": _("Please search with fewer words: up to 200 characters.")},
    )
    # Whether to search without the synonyms of the vocabulary.
    exact = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=SortOrder, required=False)

    def clean_q(self):
        return " ".join(self.cleaned_data["q"].split())
