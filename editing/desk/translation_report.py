"""The report "Translations": stories that lack a language, and translations that are older than their source.

The source of a story's translations is its version in the first language of the site. Without one, it is the
version that was made first. A translation is older if its source was published after the translation was made
from it, or marked as up to date (source_panel.py). Other changes of the translation don't make it newer.
"""

from collections import defaultdict
from itertools import batched

import django_filters
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.models import Locale, Page, PageLogEntry

from editing.access.admin_access import editable_pages, visible_to
from stories.models import StoryPage

# What a story's translations can be, as in the address: missing, or older than their source.
MISSING, OLDER = "missing", "older"
# The permission to translate pages.
TRANSLATE = "simple_translation.submit_translation"
KEY = OuterRef("translation_key")
# When a page changed last: a live page when it was published, another one when its newest version was saved.
CHANGED = Case(When(live=True, then=F("last_published_at")), default=F("latest_revision_created_at"))
# The actions in the log of a translation at which it said what its source said.
MADE, MARKED = "wagtail.copy_for_translation", "translation.mark"
_log = PageLogEntry.objects.filter(page=OuterRef("pk"), action__in=[MADE, MARKED]).order_by("-timestamp")
# Up to when a translation follows its source. One that was not made by "Translate", such as an imported one,
# is taken to follow it when it changed last, until it is marked.
FOLLOWS = Coalesce(Subquery(_log.values("timestamp")[:1]), CHANGED)
BATCH = 5000  # stories for each query; SQLite takes 32,766 parameters


def visible_pages(user):
    return Page.objects.filter(visible_to(user))


def versions(key=KEY):
    """Return a queryset of the versions of a story in all languages, for a subquery of a query of stories.

    `key`: KEY, or for a subquery of a subquery OuterRef(KEY).
    """
    return Page.objects.filter(translation_key=key)


def sources():
    """Return the stories that are the source of their translations."""
    first_language = versions().filter(locale=Locale.get_default())
    is_first = ~Exists(first_language) & ~Exists(versions().filter(pk__lt=OuterRef("pk")))
    return StoryPage.objects.filter(Q(locale=Locale.get_default()) | is_first)


def lacks(locales):
    """Return the condition that a story has no version in one of `locales`."""
    return Exists(locales.exclude(pk__in=versions(OuterRef(KEY)).values("locale")))


def has_older_translation(locales, user):
    """Return the condition that a story has a translation in one of `locales` that is older.

    Drafts that `user` may not see don't count.
    """
    older = versions().annotate(follows=FOLLOWS).filter(follows__lt=OuterRef("last_published_at"))
    visible = visible_pages(user).values("pk")
    return Exists(older.filter(locale__in=locales, pk__in=visible).exclude(pk=OuterRef("pk")))


def needs_work(locales, user, state=""):
    """Return the condition that a story lacks a version in one of `locales`, or that it has an older one.

    `state`: MISSING or OLDER for one of the two alone.
    """
    conditions = {MISSING: lacks(locales), OLDER: has_older_translation(locales, user)}
    return conditions[state] if state else conditions[MISSING] | conditions[OLDER]


class TranslationFilterSet(WagtailFilterSet):
    language = django_filters.ModelChoiceFilter(
        queryset=Locale.objects.all(),
        to_field_name="language_code",
        label=gettext_lazy("Language"),
        empty_label=gettext_lazy("All"),
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("All"),
        choices=[(MISSING, gettext_lazy("Missing")), (OLDER, gettext_lazy("Older than its source"))],
    )

    class Meta:
        model = StoryPage
        fields = []

    def filter_queryset(self, queryset):
        chosen, locales = self.form.cleaned_data, Locale.objects.all()
        if chosen["language"]:
            locales = locales.filter(pk=chosen["language"].pk)
        return queryset.filter(needs_work(locales, self.request.user, chosen["state"]))


class LinksColumn(Column):
    """A column of languages. `name`: the attribute of a row with {language: address or ""}."""

    def get_value(self, story):
        links = (
            (format_html('<a href="{}">{}</a>', address, language) if address else language,)
            for language, address in getattr(story, self.name).items()
        )
        return format_html_join(", ", "{}", links)


class TranslationReport(ReportView):
    model = Page
    # All editors may open it. The menu offers it only to those who may translate pages.
    any_permission_required = ["add", "change", "publish"]
    page_title = gettext_lazy("Translations")
    header_icon = "globe"
    index_url_name = "translation_report"
    index_results_url_name = "translation_report_results"
    filterset_class = TranslationFilterSet
    no_results_message = gettext_lazy(
        "Every story is in every language of the site, and no translation is older."
    )
    export_filename = "translations"
    columns = [
        TitleColumn(
            "draft_title", label=gettext_lazy("Title"), get_url=lambda story: story.edit_address or story.url
        ),
        Column("language", label=gettext_lazy("Language")),
        LinksColumn("missing", label=gettext_lazy("Missing")),
        LinksColumn("older", label=gettext_lazy("Older than its source")),
    ]
    export_headings = {column.name: column.label for column in columns}
    list_export = list(export_headings)
    custom_value_preprocess = {dict: dict.fromkeys(["csv", "xlsx"], ", ".join)}

    def get_base_queryset(self):
        user = self.request.user
        stories = sources().filter(needs_work(Locale.objects.all(), user))
        stories = stories.filter(pk__in=visible_pages(user).values("pk"))
        return stories.defer_streamfields().order_by(F("last_published_at").desc(nulls_last=True), "-pk")

    def decorate_paginated_queryset(self, object_list):
        """Return the stories of one page of the list, or for an export all, with what the columns show."""
        stories = list(object_list)
        for batch in batched(stories, BATCH):
            self._add_translations(batch)
        return stories

    def _add_translations(self, stories):
        """Set the attributes of `stories` that the columns show."""
        user = self.request.user
        names = {locale.pk: str(locale.get_display_name()) for locale in Locale.objects.all()}
        names = dict(sorted(names.items(), key=lambda item: item[1]))
        pages = Page.objects.filter(translation_key__in=[story.translation_key for story in stories])
        pages = pages.annotate(follows=FOLLOWS).only("translation_key", "locale")
        visible = set(visible_pages(user).filter(pk__in=pages.values("pk")).values_list("pk", flat=True))
        editable = editable_pages(user).filter(pk__in=pages.values("pk"))
        editable = set(editable.values_list("pk", flat=True))
        groups = defaultdict(dict)
        for page in pages:
            groups[page.translation_key][page.locale_id] = page
        for story in stories:
            found = groups[story.translation_key]
            story.language = names[story.locale_id]
            story.edit_address = edit_address(story, editable)
            may_translate = story.edit_address and user.has_perm(TRANSLATE)
            address = reverse("simple_translation:submit_page_translation", args=[story.pk])
            translate = address if may_translate else ""
            story.missing = {name: translate for key, name in names.items() if key not in found}
            story.older = {
                name: edit_address(found[key], editable)
                for key, name in names.items()
                if key in found and found[key].pk in visible and is_older(found[key], story)
            }


def is_older(page, source):
    """Return whether the translation `page` is older than `source`: has_older_translation() for one story."""
    changes = page.follows, source.last_published_at
    return page.pk != source.pk and None not in changes and changes[0] < changes[1]


def edit_address(page, editable):
    return reverse("wagtailadmin_pages:edit", args=[page.pk]) if page.pk in editable else ""


class TranslationsMenuItem(MenuItem):
    def is_shown(self, request):
        return request.user.has_perm(TRANSLATE)


def menu_item():
    report = reverse("translation_report")
    return TranslationsMenuItem(TranslationReport.page_title, report, name="translations", icon_name="globe")
