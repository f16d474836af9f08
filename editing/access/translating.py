"""The admin's "Translate" views, which make drafts only where the user may add pages.

Wagtail 8.0 copies a page with all permission checks skipped. It only disables the checkboxes of languages
that can't be chosen, so a request that names one of them fails with a server error. editing/urls.py has these
views in the place of Wagtail's.

A theme without a version in the other language is made with the copy, if the user may add themes. The form
asks for its name. Without a name, the copy is not filed under the theme.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.widgets import Button
from wagtail.contrib.simple_translation.forms import SubmitTranslationForm
from wagtail.contrib.simple_translation.views import SubmitPageTranslationView, SubmitSnippetTranslationView
from wagtail.log_actions import log
from wagtail.models import Locale, Page
from wagtail.permissions import policy_registry

from editing.access.admin_access import editable_pages
from publishing.trash import in_trash, is_in_trash
from stories.terms import Theme
from stories.translating import themes_without_version


class CheckedForm(SubmitTranslationForm):
    """Wagtail's form, which calls `check(locale)` for each language that was chosen.

    `check` raises a ValidationError, whose messages become errors of the field "locales".
    """

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
    """The form for a page, with a field for the name of each theme without a version in another language."""

    def __init__(self, instance, request):
        super().__init__(instance, request)
        self.names = {}  # {name of the field: (theme, locale)}
        locales = self.fields["locales"]
        if languages := languages_in_trash(instance):
            text = _("The version in %(languages)s is in the trash. Restore it, or delete it for good.")
            words = text % {"languages": ", ".join(languages)}
            locales.help_text = format_html("{} {}", locales.help_text, words)
        # Also the themes of the pages below, unless the user left these out.
        subtree = not self.is_bound or "include_subtree" in self.data
        for locale in locales.queryset.exclude(pk__in=locales.widget.disabled_values):
            self._add_names(locale, themes_without_version(instance, locale, include_subtree=subtree))

    def _add_names(self, locale, themes):
        language = locale.get_display_name()
        if themes and not may_add(self.user, Theme):
            field = self.fields["locales"]
            field.help_text = format_html("{} {}", field.help_text, not_filed_under(themes, language))
            return
        for theme in themes:
            name, words = f"theme-{theme.pk}-{locale.pk}", {"theme": theme.name, "language": language}
            self.names[name] = theme, locale
            self.fields[name] = forms.CharField(
                label=_("“%(theme)s” in %(language)s") % words,
                help_text=_(
                    "This theme is not in %(language)s yet. It is made with this name: translate it. "
                    "Without a name, the story is not filed under it."
                )
                % words,
                initial="" if Theme.objects.filter(locale=locale, name=theme.name).exists() else theme.name,
                max_length=Theme._meta.get_field("name").max_length,
                required=False,
            )

    def check(self, locale):
        """Raise a ValidationError unless the user may copy the page to `locale`, and its subtree if asked.

        Names of themes that are wrong get errors in their own fields.
        """
        words = {"language": locale.get_display_name()}
        parent = self.instance.get_parent()
        target = parent if parent.is_root() else parent.get_translation_or_none(locale)
        if target is None:
            raise ValidationError(_("The page above is not in %(language)s yet. Translate it first.") % words)
        if is_in_trash(target):
            text = _("The page above is in the trash in %(language)s. Restore it first.")
            raise ValidationError(text % words)
        if not target.permissions_for_user(self.user).can_add_subpage():
            raise ValidationError(_("You may not add this page in %(language)s.") % words)
        if self.cleaned_data["include_subtree"]:
            self.check_subtree(locale, words)
        self.check_themes(locale)

    def check_subtree(self, locale, words):
        below = self.instance.get_descendants()
        editable = editable_pages(self.user).values("pk")
        # Pages in the trash are left out, because the next check refuses them with another message.
        if below.exclude(in_trash()).exclude(pk__in=editable).exists():
            raise ValidationError(_("You may not edit all the pages below. Translate them one by one."))
        if below.filter(in_trash()).exists():
            text = _(
                "A page below is in the trash. Restore it, delete it for good, or translate the pages one by "
                "one."
            )
            raise ValidationError(text)
        if Page.objects.filter(locale=locale, translation_key__in=below.values("translation_key")).exists():
            text = _("Some pages below are in %(language)s already. Translate the others one by one.")
            raise ValidationError(text % words)

    def check_themes(self, locale):
        """Add an error to each name of a theme that can't be one in `locale`."""
        names = set()
        for field, theme in self.new_themes(locale):
            try:
                theme.clean_fields(exclude=["slug"])
                theme.clean()
                if theme.name in names:
                    raise ValidationError(_("There is a theme with this name already."))
            except ValidationError as error:
                self.add_error(field, error.messages)
            names.add(theme.name)

    def new_themes(self, locale):
        """Return a list of (name of the field, unsaved version of a theme) for the names that were given."""
        found = []
        for field, (theme, theme_locale) in self.names.items():
            if theme_locale == locale and (name := self.cleaned_data.get(field)):
                copy = theme.copy_for_translation(locale)
                # The slug is made from the name, and the description is in the other language.
                copy.name, copy.slug, copy.description = name, "", ""
                found.append((field, copy))
        return found

    def make_themes(self):
        """Store a version of each theme whose name was given."""
        for locale in self.cleaned_data["locales"]:
            for _field, theme in self.new_themes(locale):
                theme.save()
                log(theme, "wagtail.create", user=self.user)


def languages_in_trash(page):
    """Return the names of the languages in which `page` is in the trash, which Wagtail's form leaves out."""
    versions = page.get_translations().filter(in_trash()).select_related("locale")
    return [str(version.locale.get_display_name()) for version in versions]


def explain_button(page, user, view_name, next_url=None):
    """Hook: offer the form, which says what is in the trash, if every language has `page` or has it there.

    Wagtail offers the form only if a language does not have the page.
    """
    if user.has_perm("simple_translation.submit_translation") and languages_in_trash(page):
        there = page.get_translations(inclusive=True).values("locale")
        if not Locale.objects.exclude(pk__in=there).exists():
            address = reverse("simple_translation:submit_page_translation", args=[page.pk])
            yield Button(TranslatePageView.title, address, icon_name="globe", priority=80)  # as Wagtail's


def may_add(user, model):
    return policy_registry.get_by_type(model).user_has_permission(user, "add")


def not_filed_under(themes, language):
    """Return the sentence that says which themes a translation into `language` is not filed under."""
    return _("Without a version in %(language)s, so not filed under there: %(themes)s.") % {
        "language": language,
        "themes": ", ".join(theme.name for theme in themes),
    }


class SnippetForm(CheckedForm):
    def check(self, locale):
        """Raise a ValidationError unless the user may add such snippets and the copy in `locale` is valid."""
        if not may_add(self.user, type(self.instance)):
            raise ValidationError(_("You may not add this in another language."))
        self.instance.copy_for_translation(locale).full_clean()


class TranslatePageView(SubmitPageTranslationView):
    def get_form(self):
        return PageForm(self.object, self.request)

    def post(self, request, **kwargs):
        form = self.get_form()
        with transaction.atomic():
            if form.is_valid():
                form.make_themes()  # The copies that Wagtail makes are filed under them.
            response = super().post(request, **kwargs)
        if form.is_valid():
            self.warn_of_themes(form.cleaned_data)
        return response

    def warn_of_themes(self, chosen):
        """Tell the user which themes the new pages are not filed under."""
        for locale in chosen["locales"]:
            subtree = chosen["include_subtree"]
            if themes := themes_without_version(self.object, locale, include_subtree=subtree):
                messages.warning(self.request, not_filed_under(themes, locale.get_display_name()))


class TranslateSnippetView(SubmitSnippetTranslationView):
    def get_form(self):
        return SnippetForm(self.object, self.request)
