"""The list on an index page: which stories, and how many each filter would leave."""

from dataclasses import dataclass

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from caching.generation import kept
from publishing.visibility import published_pages
from stories.terms import Country, Theme, country_names

STORIES_PER_PAGE = 12


class StoryFilterForm(forms.Form):
    """What may stand in the address of a list. What does not fit is left out, never an error page."""

    country = forms.SlugField(required=False)
    theme = forms.SlugField(required=False, allow_unicode=True)
    year = forms.IntegerField(required=False, min_value=1900, max_value=2200)


@dataclass
class Choice:
    """One value of a facet: its words, the stories it would leave, the address that sets or unsets it."""

    label: str
    value: str
    count: int
    is_active: bool
    query: str


ITEM = '<li><a class="facet__choice" href="?{}"{}>{} <span class="facet__count">({})</span></a></li>\n'
CURRENT = {True: mark_safe(' aria-current="true"'), False: ""}


@dataclass
class Facet:
    name: str
    label: str
    choices: list

    @property
    def active(self):
        """The chosen value, or None."""
        return next((choice for choice in self.choices if choice.is_active), None)

    @cached_property
    def items(self):
        """The choices as items of a list: 200 countries would take a template too long."""
        rows = ((c.query, CURRENT[c.is_active], c.label, c.count) for c in self.choices)
        return format_html_join("", ITEM, rows)


class StoryListing:
    """Public `stories`, a queryset, filtered by the query string `params`.

    `index`: the page below which they are. `country`, `theme`: set when the address itself names one
    (/stories/country/kenya/).
    """

    def __init__(self, stories, params, index, country=None, theme=None):
        self.country, self.theme = country, theme
        self.key = index.pk, country and country.pk, theme and theme.pk, get_language()
        form = StoryFilterForm(params)
        form.is_valid()
        self.has_bad_filter = bool(form.errors)
        self.filters = {name: value for name, value in form.cleaned_data.items() if value}
        self.page_number = params.get("page")
        if country:
            stories = stories.in_country(country)
        if theme:
            stories = stories.about_theme(theme)
        self.all_stories = stories

    @property
    def term(self):
        """The country or theme that the address names, or None."""
        return self.country or self.theme

    @cached_property
    def has_stories(self):
        return self.all_stories.exists()

    def _filtered(self, leave_out=None):
        lookups = {
            "country": "story_countries__country__slug",
            "theme": "story_themes__theme__slug",
            "year": "date__year",
        }
        stories = self.all_stories
        for name, value in self.filters.items():
            if name != leave_out:
                stories = stories.filter(**{lookups[name]: value})
        return stories

    @cached_property
    def page(self):
        """The page of stories that was asked for; the nearest one when there is no such page."""
        stories = self._filtered().newest_first().for_cards()
        paginator = Paginator(stories, STORIES_PER_PAGE)
        paginator.count = self._kept("count", stories.count)
        return paginator.get_page(self.page_number)

    @cached_property
    def facets(self):
        """The facets that have something to choose: country, theme, year, each with its counts."""
        return self._kept("facets", self._count_facets)

    def _kept(self, name, make):
        """Return what `make` returns, which takes the longer the more stories there are."""
        return make() if self.filters else kept((name, *self.key), make)

    def _count_facets(self):
        facets = [
            None if self.country else self._facet("country", _("Country"), self._countries),
            None if self.theme else self._facet("theme", _("Theme"), self._themes),
            self._facet("year", _("Year"), self._years),
        ]
        return [facet for facet in facets if facet and (len(facet.choices) > 1 or facet.active)]

    @property
    def active_choices(self):
        return [facet.active for facet in self.facets if facet.active]

    @property
    def query(self):
        """The query string of the active filters, for links to the other pages of the list."""
        return self._query({})

    def _query(self, changes):
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in (self.filters | changes).items() if value})
        return query.urlencode()

    def _facet(self, name, label, count):
        active = str(self.filters.get(name, ""))
        counted = count(self._filtered(leave_out=name).order_by())
        without = self._query({name: None})
        choices = [
            Choice(
                label=choice_label,
                value=value,
                count=number,
                is_active=value == active,
                query=without
                if value == active
                else "&".join(filter(None, [without, urlencode({name: value})])),
            )
            for value, choice_label, number in counted
        ]
        if active and not any(choice.is_active for choice in choices):
            # Chosen, but together with the other filters it leaves nothing: it can still be taken off.
            choices.append(Choice(term_label(name, active), active, 0, True, without))
        return Facet(name, label, choices)

    @staticmethod
    def _countries(stories):
        rows = stories.values_list("story_countries__country__slug", "story_countries__country")
        names = country_names(get_language())
        counted = rows.annotate(number=Count("pk", distinct=True)).exclude(story_countries=None)
        return sorted(((slug, names[code], n) for slug, code, n in counted), key=lambda row: row[1])

    @staticmethod
    def _themes(stories):
        rows = stories.values_list("story_themes__theme__slug", "story_themes__theme__name")
        counted = rows.annotate(number=Count("pk", distinct=True)).exclude(story_themes=None)
        return sorted(counted, key=lambda row: row[1])

    @staticmethod
    def _years(stories):
        rows = stories.values_list("date__year").annotate(number=Count("pk", distinct=True))
        return [(str(year), str(year), n) for year, n in sorted(rows, reverse=True) if year]


def term_label(name, value):
    """Return the words for the `value` of the facet `name` that nothing in the list has."""
    if name == "country":
        term = Country.objects.filter(slug=value).first()
    elif name == "theme":
        # The name of a theme is public when a story with it is.
        term = Theme.objects.filter(slug=value, story_themes__story__in=published_pages()).first()
    else:
        term = None
    return str(term or value)
