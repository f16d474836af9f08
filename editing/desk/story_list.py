"""The list of all stories in the sections of a user, with filters, search in the text, and export.

Rooms that `editing` may not import, or that may not import it, add to the list with the Wagtail hook
"register_story_list_part". It takes no arguments and returns a dictionary, which is empty or has these keys:

- "column": a wagtail.admin.ui.tables.Column, which is exported too.
- "filters": {name in the address: django_filters filter of StoryPage}.
- "annotate": a function that takes a queryset of stories and returns it with what the column needs, also to
  sort by it. Filters do not have it.
"""

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.forms import CheckboxSelectMultiple
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.filters import MultipleUserFilter, NumberRangeWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn
from wagtail.admin.ui.tables.pages import BulkActionsColumn, PageStatusColumn
from wagtail.admin.utils import get_user_display_name
from wagtail.admin.views.pages.listing import IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.search.backends import get_search_backend

from editing.access.admin_access import pages_in_sections
from editing.desk.long_lists import EditTitleColumn, LongListMixin
from editing.desk.schedule import format_schedule, goes_live_later, goes_live_or_off_later, with_schedule
from editing.desk.story_needs import MISSING
from editing.desk.workflows import in_moderation, needing_changes
from stories.models import StoryPage
from stories.terms import Author, Country, Theme

# {value in the address: (label, function that returns a Q)}.
STATUSES = {
    "live": (_("Live"), lambda: Q(live=True)),
    "changed": (_("Live, with a newer draft"), lambda: Q(live=True, has_unpublished_changes=True)),
    "draft": (_("Draft"), lambda: Q(live=False, expired=False) & ~goes_live_later()),
    "waiting": (_("Waits for a moderator"), lambda: Q(pk__in=in_moderation())),
    "changes_asked": (_("Changes asked"), lambda: Q(pk__in=needing_changes())),
    "scheduled": (_("Goes live or off later"), goes_live_or_off_later),
    "expired": (_("Expired"), lambda: Q(live=False, expired=True)),
}


def visible_stories(user):
    """Return the stories in the sections of `user`."""
    return StoryPage.objects.filter(pk__in=pages_in_sections(user).values("pk"))


def last_writers(user):
    """Return the users who wrote the newest version of a story that `user` finds in the explorer."""
    writers = visible_stories(user).values("latest_revision__user")
    return get_user_model().objects.filter(pk__in=writers).order_by("username")


# --- Filters --------------------------------------------------------------------------------------


class AnyOf(django_filters.MultipleChoiceFilter):
    """Filters by conditions, {value: (label, function that returns a Q)}. One of the chosen has to be met."""

    def __init__(self, conditions, **options):
        self.conditions = conditions
        choices = [(value, label) for value, (label, _condition) in conditions.items()]
        super().__init__(choices=choices, widget=CheckboxSelectMultiple, **options)

    def filter(self, queryset, value):
        condition = Q()
        for each in value:
            condition |= self.conditions[each][1]()
        return queryset.filter(condition)


class TermFilter(django_filters.ModelMultipleChoiceFilter):
    """Filters by terms: themes, countries or authors. A story needs one of the chosen ones.

    A subquery is used because a join would list a story once for each of its terms.
    """

    def filter(self, queryset, value):
        if not value:
            return queryset
        found = StoryPage.objects.filter(**{f"{self.field_name}__in": value})
        return queryset.filter(pk__in=found.values("pk"))


def term_filter(field_name, model, label):
    """Return the filter of stories by the terms of `model`. It offers the terms of visible stories."""

    def used_terms(request):
        used = visible_stories(request.user).values(field_name)
        return model.objects.filter(pk__in=used)

    return TermFilter(field_name=field_name, label=label, queryset=used_terms, widget=CheckboxSelectMultiple)


class StoryFilterSet(WagtailFilterSet):
    status = AnyOf(STATUSES, label=_("Status"))
    country = term_filter("story_countries__country", Country, _("Country"))
    theme = term_filter("story_themes__theme", Theme, _("Theme"))
    author = term_filter("story_authors__author", Author, _("Author"))
    word_count = django_filters.RangeFilter(label=_("Words"), widget=NumberRangeWidget)
    writer = MultipleUserFilter(
        field_name="latest_revision__user",
        label=_("Last written by"),
        queryset=lambda request: last_writers(request.user),
        widget=CheckboxSelectMultiple,
        distinct=False,  # A story has one newest version, so the join lists it once.
    )
    missing = AnyOf(MISSING, label=_("Lacks"))

    class Meta:
        model = StoryPage
        fields = []


# --- The list -------------------------------------------------------------------------------------


def join_names(name):
    """Return a function that returns the names of the terms of a story in its attribute `name`."""
    return lambda story: ", ".join(term.name for term in getattr(story, name))


class StoryListView(LongListMixin, IndexView):
    """The list. A search is one more filter, so that all columns can be sorted during a search."""

    page_title = _("All stories")
    template_name = "editing/story_list.html"
    is_explicitly_ordered = True  # never by relevance
    paginate_by = 25  # fewer than Wagtail's 50, because each row takes time

    @cached_property
    def parts(self):
        """The dictionaries of the hook "register_story_list_part"."""
        return [part for make in hooks.get_hooks("register_story_list_part") if (part := make())]

    @cached_property
    def columns(self):
        return [
            BulkActionsColumn("bulk_actions"),
            EditTitleColumn("title", label=_("Title"), sort_key="title", classname="title"),
            PageStatusColumn("status", label=_("Status"), sort_key="live"),
            *self.plain_columns,
        ]

    @cached_property
    def plain_columns(self):
        """The columns whose cells are values, which are exported as they are."""
        return [
            Column("countries", label=_("Countries"), accessor=join_names("countries")),
            Column("themes", label=_("Themes"), accessor=join_names("themes")),
            Column("authors", label=_("Authors"), accessor=join_names("authors")),
            NumberColumn("word_count", label=_("Words"), sort_key="word_count"),
            Column("writer", label=_("Last written by"), accessor=self.get_writer),
            DateColumn(
                "latest_revision_created_at", label=_("Updated"), sort_key="latest_revision_created_at"
            ),
            Column("next_change", label=_("Next"), accessor=format_schedule, sort_key="next_change"),
            *[part["column"] for part in self.parts],
        ]

    @cached_property
    def filterset_class(self):
        more = {name: each for part in self.parts for name, each in part["filters"].items()}
        return type("StoryFilterSet", (StoryFilterSet,), more)

    @cached_property
    def writers(self):
        return {user.pk: get_user_display_name(user) for user in get_user_model().objects.all()}

    def get_writer(self, story):
        return self.writers.get(story.writer, "")

    def get_base_queryset(self):
        """Return the stories, annotated only with what they are sorted by.

        annotate_queryset() adds the rest, for the stories of one page of the list (LongListMixin).
        """
        stories, key = visible_stories(self.request.user), self.ordering.removeprefix("-")
        annotate = {part["column"].sort_key: part["annotate"] for part in self.parts}
        annotate["next_change"] = with_schedule
        return annotate[key](stories) if key in annotate else stories

    def get_queryset(self):
        stories = super().get_queryset()
        return self.annotate_queryset(stories) if self.is_export else stories

    def annotate_queryset(self, stories):
        stories = super().annotate_queryset(with_schedule(stories))
        for part in self.parts:
            stories = part["annotate"](stories)
        return stories.annotate(writer=F("latest_revision__user")).prefetch_related(
            "story_countries", "story_themes", "story_authors"
        )

    def order_queryset(self, queryset):
        key = F(self.ordering.removeprefix("-"))
        is_descending = self.ordering.startswith("-")
        order = key.desc(nulls_last=True) if is_descending else key.asc(nulls_last=True)
        return queryset.order_by(order, "-pk")

    def search_queryset(self, queryset):
        """Keep the stories whose text has the words, or whose title has words that begin with them."""
        if not self.is_searching:
            return queryset
        backend, found = get_search_backend(), Q()
        for compiler_class in (backend.query_compiler_class, backend.autocomplete_query_compiler_class):
            compiler = compiler_class(StoryPage.objects.all(), self.search_query, operator="and")
            found |= Q(pk__in=compiler.search().values("pk"))
        return queryset.filter(found)

    # Export

    @cached_property
    def export_columns(self):
        return [
            Column("title", label=_("Title"), accessor="get_admin_display_title"),
            Column("status", label=_("Status"), accessor="status_string"),
            Column("language", label=_("Language"), accessor="locale.language_code"),
            *self.plain_columns,
        ]

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.list_export = [column.name for column in self.export_columns]
        self.export_headings = {column.name: column.label for column in self.export_columns}

    def to_row_dict(self, item):
        return {column.name: column.get_value(item) for column in self.export_columns}


class StoryListViewSet(PageListingViewSet):
    """The addresses of the list and of its button that adds a story, and its item in the menu."""

    name = "story_list"
    url_prefix = "stories"
    model = StoryPage
    index_view_class = StoryListView
    # The view makes them for each request, because hooks may add to them.
    columns = filterset_class = PageListingViewSet.UNDEFINED
    export_filename = "stories"
    icon = "doc-full"
    menu_label = _("All stories")
    menu_name = "story-list"
    menu_order = 150  # after Pages, which has 100
    add_to_admin_menu = True
