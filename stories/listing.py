"""StoryListing: the stories of an index page, in pages, with filters (facets) and the counts of each."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from caching.versioned_cache import VersionedCache
from stories.filters import FILTERS, Filter, StoryFilterForm

STORIES_PER_PAGE = 12
# The longest list without filters. Reading so few entries takes less time than filtering them.
MAX_UNFILTERED = 3
# What lists have in common for all visitors. With 10,000 stories, a list takes 4 MB.
recent_lists = VersionedCache(max_entries=100)


@dataclass
class Choice:
    """One value of a facet.

    `label`: its text. `count`: how many stories have it, among those that pass the filters of the other
    facets. `query`: the query string that selects it or, when it is active, removes it.
    """

    label: str
    value: str
    count: int
    is_active: bool
    query: str


CHOICE_HTML = '<li><a class="facet__choice" href="?{}"{}>{} <span class="facet__count">({})</span></a></li>\n'
ARIA_CURRENT = {True: mark_safe(' aria-current="true"'), False: ""}


@dataclass
class Facet:
    """A filter of a listing, with the values (Choice) that stories have."""

    filter: Filter
    choices: list

    @property
    def active(self):
        """The active Choice; None when the listing is not filtered by this facet."""
        return next((choice for choice in self.choices if choice.is_active), None)

    @cached_property
    def items(self):
        """The HTML of the choices as <li> elements. For 200 countries a template would be too slow."""
        rows = [
            (choice.query, ARIA_CURRENT[choice.is_active], choice.label, choice.count)
            for choice in self.choices
        ]
        return format_html_join("", CHOICE_HTML, rows)


class Filtered:
    """A list with filters and their facets: a StoryListing, or a Search (search/finding.py).

    It has `filters` ({name: active value}), query_string(**changes), `offered` (its Filters), `rows` as for
    Filter.find_pages(), the newest first, and _get_or_make(name, make, *more_keys), which caches values.
    """

    @property
    def offered_facets(self):
        """The facets to show to readers: [] if the list is too short to filter."""
        return self.facets if self.filters or self.count > MAX_UNFILTERED else []

    @property
    def active_choices(self):
        """The active Choice of each facet. Without filters it is empty, and the facets are not counted."""
        return self.filters and [facet.active for facet in self.facets if facet.active]

    @cached_property
    def facet_values(self):
        """{name of a filter: {value: (label, set of the primary keys of the rows that have it)}}."""
        return self._get_or_make("values", self._load_facet_values)

    def _load_facet_values(self):
        values = {}
        for each in self.offered:
            values[each.name] = grouped = {}
            for value, label, pks in each.find_pages(self.rows):
                if value:
                    grouped.setdefault(value, (label, set()))[1].update(pks)
        return values

    @cached_property
    def pks(self):
        """The primary keys of the pages that pass all filters, the newest first."""
        return self.filter_pks()

    def filter_pks(self, ignored_facet=None):
        """Return the primary keys of the pages that pass the filters, except that of `ignored_facet`."""
        pks = [row[0] for row in self.rows]
        for name in {each.name for each in self.offered} & self.filters.keys() - {ignored_facet}:
            _label, with_value = self.facet_values[name].get(self.filters[name], ("", ()))
            pks = [pk for pk in pks if pk in with_value]
        return pks

    @property
    def count(self):
        """The number of entries on all pages."""
        return len(self.pks)

    @cached_property
    def facets(self):
        """The Facets that have at least two choices or an active one. Their HTML is cached with them."""
        return self._get_or_make("facets", self._make_facets, self.query_string())

    def _make_facets(self):
        facets = [self._make_facet(each) for each in self.offered]
        return [facet for facet in facets if len(facet.choices) > 1 or facet.active]

    def _make_facet(self, offered):
        name = offered.name
        active, query_without = self.filters.get(name), self.query_string(**{name: None})
        # The counts of the other values are what they would leave if one of them was chosen instead.
        pks = set(self.filter_pks(ignored_facet=name))
        counts = [
            (value, label, len(pks & found)) for value, (label, found) in self.facet_values[name].items()
        ]
        choices = []
        for value, label, number in sorted(counts, key=offered.sort_key):
            if value == active:  # It can be removed even if it leaves nothing.
                choices.append(Choice(label, value, number, True, query_without))
            elif number:  # Only the new part is encoded, because there can be 200 choices.
                query = "&".join(filter(None, [query_without, urlencode({name: value})]))
                choices.append(Choice(label, value, number, False, query))
        if active and active not in self.facet_values[name]:
            choices.append(Choice(offered.get_label(active), active, 0, True, query_without))
        return Facet(offered, choices)


class StoryListing(Filtered):
    """The public ones of `stories`, a queryset, filtered by the query string `params` (a QueryDict).

    `index`: the index page that they are below. `term`: the Country or Theme in the path, if there is one
    (/stories/country/kenya/); the listing has only its stories, and no filter of its kind.
    """

    def __init__(self, stories, params, index, term=None):
        self.term = term
        term_name = term and term._meta.model_name
        self.cache_key = index.pk, term_name, term and term.pk, get_language()
        self.offered = [each for each in FILTERS if each.name != term_name]
        form = StoryFilterForm(params)
        form.is_valid()  # It sets `errors`, and `cleaned_data` to the valid filters.
        self.page_number = params.get("page")
        self._stories = stories.with_term(term_name, term) if term else stories
        given = {name: value for name, value in form.filters.items() if name != term_name}
        # A value of hidden stories alone is left out as one that does not exist.
        self.filters = {name: value for name, value in given.items() if value in self.facet_values[name]}
        self.has_bad_filter = bool(form.errors) or self.filters != given

    def _get_or_make(self, name, make, *more_keys):
        return recent_lists((name, *self.cache_key, *more_keys), make)

    @property
    def all_stories(self):
        """The public stories before filtering, for a query that takes few of them."""
        return self._stories.published(few=True)

    @cached_property
    def rows(self):
        return self._get_or_make("rows", self._load_rows)

    def _load_rows(self):
        return list(self._stories.published().newest_first().values_list("pk", "content_type_id", "date"))

    @cached_property
    def page(self):
        """The requested Page of the paginator; the first or last one when there is no page of that number."""
        page = Paginator(self.pks, STORIES_PER_PAGE).get_page(self.page_number)
        page.object_list = self.all_stories.filter(pk__in=page.object_list).newest_first().for_cards()
        return page

    def query_string(self, **changes):
        """Return the query string of the active filters with `changes`; a value of None removes a filter."""
        return urlencode({name: value for name, value in (self.filters | changes).items() if value})
