"""The choosers of themes, authors and countries ("terms")."""

from django import forms
from django.http import JsonResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.forms.choosers import SearchFilterMixin
from wagtail.admin.views.generic.chooser import ChosenResponseMixin, CreationFormMixin
from wagtail.log_actions import log
from wagtail.models import Locale
from wagtail.snippets.views import chooser

from stories.terms import Author, Theme, fold, has_word, words_of

MAX_SUGGESTIONS = 10


class NameFilterMixin(SearchFilterMixin):
    """For the filter form of a chooser: searches terms by their names, as the suggestions below do."""

    def filter(self, objects):
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        # Not the method of SearchFilterMixin, which uses the search index.
        objects = super(SearchFilterMixin, self).filter(objects)
        return objects.named_like(self.search_query) if self.is_searching else objects


class TermsMixin:
    """For views of a chooser of terms: finds them by name, and sorts them by name in the user's language."""

    def get_filter_form_class(self):
        return type("FilterForm", (NameFilterMixin, super().get_filter_form_class()), {})

    def apply_object_list_ordering(self, objects):
        return objects.by_name()


# --- Suggestions while an editor types into the form of a story -----------------------------------


def locale_field(**options):
    """Return a field for a language of the site, by its code."""
    return forms.ModelChoiceField(Locale.objects.all(), to_field_name="language_code", **options)


class SuggestionForm(forms.Form):
    """`q`: the text that was typed. `locale`: the language of the story."""

    q = forms.CharField(max_length=80, required=False)
    locale = locale_field(required=False)


def rank(wanted, name):
    """Return the rank of `name` among suggestions. Both texts are folded (stories/terms.py).

    It is 0 if `name` begins with `wanted`, 1 if another word of it does, 2 if `wanted` is elsewhere in it,
    and otherwise 3 or more: the more words of `wanted` it lacks, the higher.
    """
    if wanted in name:
        return 0 if name.startswith(wanted) else 1 if f" {wanted}" in name else 2
    return 3 + sum(not has_word(name, word) for word in words_of(wanted))


class SuggestView(CreationFormMixin, ChosenResponseMixin, View):
    """Returns the terms whose name has the typed text in it, or one of its words, the best first.

    The response is JSON: `terms`, each as the chooser returns it, with its name, and `may_create`, whether
    the user may make a term with this name. stories/static/stories/term_panel.js asks for it.
    """

    model = None
    response_data_title_key = "string"  # as in Wagtail's choosers of snippets

    def get(self, request):
        form, found, may_create = SuggestionForm(request.GET), [], False
        if form.is_valid():
            wanted, locale = fold(form.cleaned_data["q"]), form.cleaned_data["locale"]
            terms = self.model.objects.named_like(wanted)
            terms = terms.offered_in(locale) if locale else terms
            found = sorted((rank(wanted, name := fold(term.name)), name, term.pk) for term in terms)
            is_new = wanted not in {name for _rank, name, _key in found}
            may_create = bool(wanted and self.creation_form_class) and is_new and self.can_create()
        keys = [key for _rank, _name, key in found[:MAX_SUGGESTIONS]]
        by_key = self.model.objects.in_bulk(keys)
        chosen = [self.get_chosen_response_data(by_key[key]) | {"name": by_key[key].name} for key in keys]
        return JsonResponse({"terms": chosen, "may_create": may_create})


class TermChooseView(TermsMixin, chooser.ChooseView):
    pass


class TermChooseResultsView(TermsMixin, chooser.ChooseResultsView):
    pass


class CreateTermView(chooser.SnippetCreateView):
    """Wagtail's view that makes a term in the chooser, with an entry in the log."""

    def save_form(self, form):
        term = super().save_form(form)
        log(term, "wagtail.create", user=self.request.user)
        return term


class TermChooserViewSet(chooser.SnippetChooserViewSet):
    """A chooser that also suggests while an editor types. A subclass with a form can make terms."""

    choose_view_class = TermChooseView
    choose_results_view_class = TermChooseResultsView
    create_view_class = CreateTermView
    suggest_view_class = SuggestView

    def get_urlpatterns(self):
        view = self.construct_view(self.suggest_view_class)
        return [*super().get_urlpatterns(), path("suggest/", view, name="suggest")]


# --- Themes and authors, which can be made in the chooser -----------------------------------------


class NewTermForm(WagtailAdminModelForm):
    """The form for a new term in the chooser. It asks for the language, because it does not know the story.

    On a site with one language the field is hidden.
    """

    locale = locale_field(label=_("Language"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if Locale.objects.count() == 1:
            self.fields["locale"].widget = forms.HiddenInput()
            self.initial["locale"] = Locale.objects.get().language_code

    def clean(self):
        data = super().clean()
        # Django doesn't copy the language itself: the model's field is not editable, so not in Meta.fields.
        self.instance.locale = data.get("locale")
        return data


class ThemeChooserViewSet(TermChooserViewSet):
    creation_form_class = forms.modelform_factory(Theme, NewTermForm, ["name", "description"])


class AuthorChooserViewSet(TermChooserViewSet):
    creation_form_class = forms.modelform_factory(Author, NewTermForm, ["name", "role"])
