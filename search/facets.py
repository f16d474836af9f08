"""Facets of search results: their countries, themes, years and kinds of page, by which visitors filter."""

import json
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Lookup, StringAgg, TextField, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from stories.listing import Choice, Facet, term_label
from stories.models import StoryCountry, StoryTheme
from stories.terms import country_names, fold

# The value of the facet “kind” for pages that are neither stories nor lists of stories: the name of the
# model StandardPage.
OTHER_KIND = "standardpage"


class InList(Lookup):
    """Whether the left side is in a list of integers.

    The list is one parameter of the SQL query. The lookup `in` makes each integer a parameter, which takes
    four times as long for 10,000 of them, and SQLite takes at most 32,766.
    """

    prepare_rhs = False  # the list is not a value of the field on the left side

    def as_sqlite(self, compiler, connection):
        value, params = self.process_lhs(compiler, connection)
        sql = f"{value} IN (SELECT value FROM json_each(%s))"  # noqa: S608 - `value` is a column
        return sql, (*params, json.dumps(self.rhs))

    def as_postgresql(self, compiler, connection):
        value, params = self.process_lhs(compiler, connection)
        return f"{value} = ANY(%s)", (*params, self.rhs)


@dataclass
class FacetValues:
    """The values of the facets (filters with choices, such as countries) for a list of pages."""

    # {facet: {value: set of the primary keys of the pages that have it}}
    pks: dict
    # {facet: {value: label}}
    labels: dict


def load_facet_values(rows):
    """Return the FacetValues for `rows` of (primary key, content type's primary key, date or None)."""
    all_pks = [pk for pk, _content_type, _date in rows]
    by_type, years = defaultdict(set), defaultdict(set)
    for pk, content_type, date in rows:
        by_type[content_type].add(pk)
        if date:
            years[str(date.year)].add(pk)
    kinds, kind_labels = defaultdict(set), {OTHER_KIND: gettext("Other pages")}
    for key, pks in by_type.items():
        content_type = ContentType.objects.get_for_id(key)
        # Home pages count as plain pages.
        kind = OTHER_KIND if content_type.model == "homepage" else content_type.model
        kinds[kind] |= pks
        kind_labels.setdefault(kind, capfirst(content_type.model_class()._meta.verbose_name_plural))
    # The labels of countries are their ISO codes here: build_facets() turns them into names.
    countries, country_labels = _load_values(
        all_pks, StoryCountry.objects.all(), "story_id", "country__slug", "country_id"
    )
    themes, theme_labels = _load_values(
        all_pks, StoryTheme.objects.all(), "story_id", "theme__slug", "theme__name"
    )
    return FacetValues(
        {"country": countries, "theme": themes, "year": years, "kind": kinds},
        {"country": country_labels, "theme": theme_labels, "kind": kind_labels},
    )


def _load_values(pks, queryset, key, value, label):
    """Return {value: set of stories} and {value: label} of a facet, for the stories with the keys `pks`.

    `queryset`: one row for each value of a story, for example of StoryCountry, or of StoryPage for a field of
    the story itself (CONTRIBUTING.md, “Add a filter”). `key`, `value`, `label`: the names of the fields with
    the primary key of the story, with the value and with its label. Values are returned as text; a story
    without one is left out.
    """
    # One text with all keys takes a third of the time of a row for each story.
    keys = StringAgg(Cast(key, TextField()), Value(" "))
    rows = queryset.filter(InList(F(key), pks)).order_by().values_list(value, label).annotate(keys=keys)
    stories, labels = defaultdict(set), {}
    for value_of_stories, label_of_value, keys_of_stories in rows:
        if value_of_stories not in {"", None}:
            stories[str(value_of_stories)].update(map(int, keys_of_stories.split()))
            labels[str(value_of_stories)] = label_of_value
    return stories, labels


def build_facets(search):
    """Return the Facets of `search`, a Search, that offer a choice or have a chosen value.

    Each choice has the number of results it would leave.
    """
    if not search.rows:
        return []
    names = country_names(get_language())
    facets = [
        _build_facet(search, "country", _("Country"), lambda code: names.get(code, code)),
        _build_facet(search, "theme", _("Theme")),
        _build_facet(search, "year", _("Year"), order=lambda choice: -int(choice.value)),
        _build_facet(search, "kind", _("Kind of page")),
    ]
    return [facet for facet in facets if len(facet.choices) > 1 or facet.active]


def _build_facet(search, name, label, format_label=str, order=lambda choice: fold(choice.label)):
    """Return the Facet `name` with the label `label`.

    `format_label` turns the label of a value into what visitors see. `order`: the key function by which the
    choices are sorted; it takes a Choice.
    """
    labels, chosen = search.facet_values.labels.get(name, {}), search.filters.get(name)
    # The counts of the other values are what they would leave if one of them was chosen instead.
    pks = set(search.filter_pks(ignored_facet=name))
    counts = {value: len(pks & with_value) for value, with_value in search.facet_values.pks[name].items()}
    if chosen:
        counts.setdefault(chosen, 0)
    unfiltered = search.query_string(**{name: None})
    choices = [
        Choice(
            label=format_label(labels[value]) if value in labels else term_label(name, value),
            value=value,
            count=count,
            is_active=value == chosen,
            query=unfiltered if value == chosen else f"{unfiltered}&{urlencode({name: value})}",
        )
        for value, count in counts.items()
        # The chosen value can be removed even if it leaves no results.
        if count or value == chosen
    ]
    return Facet(name, label, sorted(choices, key=order))
