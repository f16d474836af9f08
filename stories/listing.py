"""StoryListing: the stories of an index page, in pages, with filters (facets) and the counts of each."""

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from caching.versioned_cache import VersionedCache, cached
from publishing.visibility import published_pages
from stories.story_links import StoryCountry, StoryTheme
from stories.terms import Country, Theme, country_names, fold

STORIES_PER_PAGE = 12
# The longest list without filters. Reading so few entries takes less time than filtering them.
MAX_UNFILTERED = 3
# The years that the admin (editing/date_fields.py) and filters accept. Django fails on filters after 9999.
FIRST_YEAR, LAST_YEAR = 1900, 2200
# The models of the links between stories and the terms that are values of filters: countries and themes.
LINKS = {"country": StoryCountry, "theme": StoryTheme}


class StoryFilterForm(forms.Form):
    """The filters in the query string of a listing. Invalid values are ignored; there is no error page."""

    country = forms.SlugField(required=False)
    theme = forms.SlugField(required=False, allow_unicode=True)
    year = forms.IntegerField(required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)


# The query parameters that a listing reads: its filters and the number of the page.
LISTING_PARAMETERS = [*StoryFilterForm.base_fields, "page"]

# The terms and the counts of filters, which have many combinations. An entry takes up to 30 KB.
cached_of_filters = VersionedCache(max_entries=300)


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
    """A filter of a listing, with the values (Choice) that stories have. `name` is its query parameter."""

    name: str
    label: str
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


def make_facet(listing, name, label, counts):
    """Return the Facet `name` of a StoryListing or of a Search (search/finding.py).

    `counts`: (value, label, number of stories) of each choice.
    """
    active, query_without = str(listing.filters.get(name, "")), listing.query_string(**{name: None})
    choices = []
    for value, choice_label, number in counts:
        if value == active:
            query = query_without
        else:  # Only the new part is encoded, because there can be 200 choices.
            query = "&".join(filter(None, [query_without, urlencode({name: value})]))
        choices.append(Choice(choice_label, value, number, value == active, query))
    if active and not any(choice.is_active for choice in choices):
        # No story passes all filters: the active one stays a choice, so that it can be removed.
        choices.append(Choice(term_label(name, active), active, 0, True, query_without))
    return Facet(name, label, choices)


class Filtered:
    """A list with `count`, `filters` and `facets`: a StoryListing, or a Search (search/finding.py)."""

    @property
    def offered_facets(self):
        """The facets to show to readers: [] if the list is too short to filter."""
        return self.facets if self.filters or self.count > MAX_UNFILTERED else []

    @property
    def active_choices(self):
        """The active Choice of each facet. Without filters it is empty, and the facets are not counted."""
        return self.filters and [facet.active for facet in self.facets if facet.active]


class StoryListing(Filtered):
    """The public ones of `stories`, a queryset, filtered by the query string `params` (a QueryDict).

    `index`: the index page that they are below. `country`, `theme`: the term in the path, if there is one
    (/stories/country/kenya/); the listing has only its stories, no facet for it, and ignores its filter.
    """

    def __init__(self, stories, params, index, country=None, theme=None):
        self.country, self.theme = country, theme
        self.cache_key = index.pk, country and country.pk, theme and theme.pk, get_language()
        form = StoryFilterForm(params)
        form.is_valid()  # It sets `errors`, and `cleaned_data` to the valid filters.
        self.has_bad_filter = bool(form.errors)
        self.filters = {name: value for name, value in form.cleaned_data.items() if value}
        self.page_number = params.get("page")
        if country:
            stories = stories.in_country(country)
            self.filters.pop("country", None)
        if theme:
            stories = stories.about_theme(theme)
            self.filters.pop("theme", None)
        self._stories = stories

    @property
    def term(self):
        """The Country or Theme in the path, or None."""
        return self.country or self.theme

    @property
    def all_stories(self):
        """The public stories before filtering, for a query that takes few of them."""
        return self._stories.published(few=True)

    def _find_stories(self, few=False, except_for=None):
        """Return the stories that pass the filters, but that of `except_for`. `few`: as for published()."""
        stories = self._stories.published(few)
        for name, condition in self._conditions.items():
            if name != except_for:
                stories = stories.filter(condition)
        return stories

    @cached_property
    def _conditions(self):
        """{name of an active filter: the condition for a story to pass it}."""
        return {name: self._make_condition(name, value) for name, value in self.filters.items()}

    @staticmethod
    def _make_condition(name, value):
        """Return the condition for a story to pass the filter `name` with the active `value`.

        Terms are found by their primary keys: with another join, PostgreSQL takes longer to plan the query
        than to run it. A subquery finds a story once, also if two of its terms have the same slug.
        """
        if name == "year":
            return Q(date__year=value)
        pks = cached_of_filters(("terms", name, value), partial(find_terms, name, value))
        return Q(pk__in=LINKS[name].objects.filter(**{f"{name}__in": pks}).values("story"))

    @cached_property
    def page(self):
        """The requested Page of the paginator; the first or last one when there is no page of that number."""
        stories = self._find_stories(few=not self.page_number)
        paginator = Paginator(stories.newest_first().for_cards(), STORIES_PER_PAGE)
        # The sum of the cached counts by year saves the paginator's query. They leave out the filter `year`.
        year = str(self.filters.get("year", ""))
        paginator.count = sum(n for value, _label, n in self._counts_by_year if value == year or not year)
        return paginator.get_page(self.page_number)

    @cached_property
    def _counts_by_year(self):
        """What count_by_year() returns for the stories that pass the filters except `year`."""
        return self._count("year", count_by_year)

    @cached_property
    def facets(self):
        """The facets country, theme and year that have at least two choices or an active one."""
        if self.filters:
            return self._count_facets()
        # Facet.items, their HTML, is cached with them. To make it takes a third of the time of the page.
        return cached(("facets", *self.cache_key), self._count_facets)

    count = property(lambda listing: listing.page.paginator.count)

    def _count(self, name, count_stories):
        """Return count_stories(queryset) for the stories that pass the filters except that of facet `name`.

        It is cached. `count_stories` returns a list of (value, label, number of stories).
        """
        filters = [(key, value) for key, value in sorted(self.filters.items()) if key != name]
        cache = cached_of_filters if filters else cached
        stories = partial(self._find_stories, except_for=name)
        return cache((name, *self.cache_key, *filters), lambda: count_stories(stories().order_by()))

    def _count_facets(self):
        facets = []
        if not self.country:
            counts = self._count("country", count_by_country)
            facets.append(make_facet(self, "country", _("Country"), counts))
        if not self.theme:
            facets.append(make_facet(self, "theme", _("Theme"), self._count("theme", count_by_theme)))
        years = [(value, label, number) for value, label, number in self._counts_by_year if value]
        facets.append(make_facet(self, "year", _("Year"), years))
        return [facet for facet in facets if len(facet.choices) > 1 or facet.active]

    def query_string(self, **changes):
        """Return the query string of the active filters with `changes`; a value of None removes a filter."""
        return urlencode({name: value for name, value in (self.filters | changes).items() if value})


def count_by_country(stories):
    """Return (slug, name, number of stories) of each country, by name in the active language."""
    names, counts = country_names(get_language()), count_links("country", stories)
    slugs = Country.objects.filter(pk__in=counts).values_list("pk", "slug")
    return sort_by_name((slug, names[code], counts[code]) for code, slug in slugs)


def sort_by_name(choices):
    """Sort (value, name, number) by the name. Capitals and accents make no difference."""
    return sorted(choices, key=lambda choice: fold(choice[1]))


def count_by_theme(stories):
    """Return (slug, name, number of stories) of each theme, by name.

    Themes of several languages are one if they have the same slug and the same name. A story that has two of
    them counts once.
    """
    counts, counted = count_links("theme", stories), defaultdict(int)
    shared = set()  # the slugs of themes that exist in several languages
    for pk, slug, name in Theme.objects.filter(pk__in=counts).values_list("pk", "slug", "name"):
        if (slug, name) in counted:
            shared.add(slug)
        counted[slug, name] += counts[pk]
    if shared:
        links = StoryTheme.objects.filter(story__in=stories, theme__slug__in=shared).order_by()
        rows = links.values_list("theme__slug", "theme__name").annotate(number=Count("story", distinct=True))
        counted |= {(slug, name): number for slug, name, number in rows}
    return sort_by_name((slug, name, number) for (slug, name), number in counted.items())


def count_links(name, stories):
    """Return {primary key of a term: number of stories} for the facet `name`, a key of LINKS.

    A story has each term once, so the number of links is that of stories. COUNT(DISTINCT) would take longer,
    and so would a query that also reads the terms.
    """
    links = LINKS[name].objects.filter(story__in=stories).order_by().values_list(name)
    return dict(links.annotate(number=Count("pk")))


def count_by_year(stories):
    """Return (year, year, number of stories) of each year, as text, the newest first.

    The year of stories without a date is "".
    """
    rows = stories.values_list("date__year").annotate(number=Count("pk"))
    years = sorted(((year or "", number) for year, number in rows), key=lambda row: row[0] or 0, reverse=True)
    return [(str(year), str(year), number) for year, number in years]


def find_terms(name, slug):
    """Return the primary keys of the terms with `slug` of public stories. A theme has one for each language.

    `name`: the filter, a key of LINKS. A term of other stories only is as one that is not there.
    """
    links = LINKS[name].objects.filter(story__in=published_pages(), **{f"{name}__slug": slug})
    return list(links.values_list(name, flat=True).distinct())


def term_label(name, value):
    """Return the label for a `value` of the facet `name` that no story in the listing has."""
    if name == "country":
        term = Country.objects.filter(slug=value).first()
    elif name == "theme":
        # Only a theme of a public story is public: any other name would tell of unpublished stories.
        term = Theme.objects.filter(slug=value, story_themes__story__in=published_pages()).first()
    else:
        term = None
    return str(term or value)
