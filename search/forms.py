from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _


class Order(models.TextChoices):
    RELEVANCE = "", _("Best match first")
    DATE = "date", _("Newest first")


class SearchForm(forms.Form):
    """What may stand in the address of a search. The fields themselves refuse NUL, which no database takes.

    A filter that does not fit is left out; only the words can be wrong.
    """

    q = forms.CharField(
        required=False,
        max_length=200,
        error_messages={"max_length": _("Please search with fewer words: up to 200 characters.")},
    )
    exact = forms.BooleanField(required=False)
    sort = forms.ChoiceField(choices=Order, required=False)
    country = forms.SlugField(required=False)
    theme = forms.SlugField(required=False, allow_unicode=True)
    year = forms.IntegerField(required=False, min_value=1900, max_value=2200)
    kind = forms.SlugField(required=False)

    FILTERS = ["country", "theme", "year", "kind"]

    def clean_q(self):
        return " ".join(self.cleaned_data["q"].split())

    @property
    def filters(self):
        """The chosen filters, {name: value as text}."""
        return {name: str(self.cleaned_data[name]) for name in self.FILTERS if self.cleaned_data.get(name)}
