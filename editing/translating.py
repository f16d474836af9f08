"""The admin's "Translate" views, which make drafts only where the user may add pages.

Wagtail 8.0 copies a page with all permission checks skipped. It only disables the checkboxes of languages
that can't be chosen, so a request that names one of them fails with a server error. editing/urls.py has these
views in the place of Wagtail's.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from wagtail.contrib.simple_translation.forms import SubmitTranslationForm
from wagtail.contrib.simple_translation.views import SubmitPageTranslationView, SubmitSnippetTranslationView
from wagtail.models import Page
from wagtail.permissions import policy_registry

WAGTAILS_FIELD = SubmitTranslationForm.base_fields["locales"]


class LocalesField(forms.ModelMultipleChoiceField):
    """Refuses numbers that are too large for the database. Django's field fails on them."""

    def clean(self, value):
        known = {str(key) for key in self.queryset.values_list("pk", flat=True)}
        for key in value or ():
            if key not in known:
                error = self.error_messages["invalid_choice"]
                raise ValidationError(error, code="invalid_choice", params={"value": key})
        return super().clean(value)


class CheckedForm(SubmitTranslationForm):
    """Wagtail's form, which calls `check(locale)` for each language that was chosen.

    `check` raises a ValidationError, whose messages become errors of the field "locales".
    """

    locales = LocalesField(
        label=WAGTAILS_FIELD.label, queryset=WAGTAILS_FIELD.queryset, widget=WAGTAILS_FIELD.widget
    )

    def __init__(self, instance, request):
        super().__init__(instance, request.POST if request.method == "POST" else None)
        self.instance, self.user = instance, request.user

    def clean(self):
        data = super().clean()
        for locale in data.get("locales", ()):
            try:
                self.check(locale)
            except ValidationError as error:
                self.add_error("locales", error.messages)
        return data


class PageForm(CheckedForm):
    def check(self, locale):
        """Raise a ValidationError unless the user may copy the page to `locale`, and its subtree if asked."""
        language = {"language": locale.get_display_name()}
        parent = self.instance.get_parent()
        target = parent if parent.is_root() else parent.get_translation_or_none(locale)
        if target is None:
            raise ValidationError(
                _("The page above is not in %(language)s yet. Translate it first.") % language
            )
        if not target.permissions_for_user(self.user).can_add_subpage():
            raise ValidationError(_("You may not add this page in %(language)s.") % language)
        if self.cleaned_data["include_subtree"]:
            self.check_subtree(locale, language)

    def check_subtree(self, locale, language):
        below = self.instance.get_descendants()
        editable = policy_registry.get_by_type(Page).instances_user_has_permission_for(self.user, "change")
        if below.exclude(pk__in=editable.values("pk")).exists():
            raise ValidationError(_("You may not edit all the pages below. Translate them one by one."))
        if Page.objects.filter(locale=locale, translation_key__in=below.values("translation_key")).exists():
            text = _("Some pages below are in %(language)s already. Translate the others one by one.")
            raise ValidationError(text % language)


class SnippetForm(CheckedForm):
    def check(self, locale):
        """Raise a ValidationError unless the user may add such snippets and the copy in `locale` is valid."""
        if not policy_registry.get_by_type(type(self.instance)).user_has_permission(self.user, "add"):
            raise ValidationError(_("You may not add this in another language."))
        self.instance.copy_for_translation(locale).full_clean()


class TranslatePageView(SubmitPageTranslationView):
    def get_form(self):
        return PageForm(self.object, self.request)


class TranslateSnippetView(SubmitSnippetTranslationView):
    def get_form(self):
        return SnippetForm(self.object, self.request)

    def get_object(self):
        """Return the snippet. A text in the address that is no primary key is a 404; Wagtail fails on it."""
        try:
            return super().get_object()
        except (ValidationError, ValueError, OverflowError):
            raise Http404 from None
