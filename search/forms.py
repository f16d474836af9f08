from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """The words that a visitor looks for. The field itself refuses NUL, which no database takes."""

    q = forms.CharField(
        label=_("Search the stories"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
        error_messages={"max_length": _("Please search with fewer words: up to 200 characters.")},
    )

    def clean_q(self):
        # A lone quotation mark breaks the query of the SQLite backend (wagtail issue 13227).
        return " ".join(self.cleaned_data["q"].replace('"', " ").split())
