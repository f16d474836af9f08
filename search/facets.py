"""Facets of search results: their countries, themes, years and kinds of page, by which visitors filter."""

from collections import defaultdict

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, StringAgg, TextField, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from publishing.in_list import InList
from stories.listing import make_facet
from stories.models import StoryCountry, StoryTheme
from stories.terms import country_names, fold

# The value of the facet “kind” for pages that are neither stories nor lists of stories: the name of the
# model StandardPage.
OTHER_KIND = "standardpage"


def load_facet_values(rows):
    """Return {facet: {value: (label, set of the primary keys of the pages that have it)}}.

    `rows`: (primary key, content type's primary key, date or None) of each page.
    """
    all_pks = [pk for pk, _content_type, _date in rows]
    by_type, by_year = defaultdict(set), defaultdict(set)
    for pk, content_type, date in rows:
        by_type[content_type].add(pk)
        if date:
            by_year[str(date.year)].add(pk)
    names = country_names(get_language())
    countries = _load_values(all_pks, StoryCountry.objects, "story_id", "country__slug", "country_id")
    themes = _load_values(all_pks, StoryTheme.objects, "story_id", "theme__slug", "theme__name")
    return {
        "country": _group((slug, names.get(code, code), pks) for slug, code, pks in countries),
        "theme": _group(themes),
        "year": _group((year, year, pks) for year, pks in by_year.items()),
        "kind": _group((*_get_kind(key), pks) for key, pks in by_type.items()),
    }


def _group(rows):
    """Return {value: (label, set of primary keys)} of `rows`, in which a value may be there several times."""
    grouped = {}
    for value, label, pks in rows:
        grouped.setdefault(value, (label, set()))[1].update(pks)
    return grouped


def _get_kind(key):
    """Return the value and the label of the kind of the pages with the content type `key`."""
    model = ContentType.objects.get_for_id(key).model_class()
    # Home pages count as plain pages.
    if model._meta.model_name in {OTHER_KIND, "homepage"}:
        return OTHER_KIND, gettext("Other pages")
    return model._meta.model_name, str(capfirst(model._meta.verbose_name_plural))


def _load_values(pks, links, key, value, label):
    """Return rows (value, label, primary keys) of a facet, for the stories with the keys `pks`.

    `links`: a manager with one row for each value of a story, for example that of StoryCountry, or that of
    StoryPage for a field of the story itself (CONTRIBUTING.md, “Add a filter”). `key`, `value`, `label`: the
    names of the fields with the primary key of the story, with the value and with its label. Values are
    returned as text; a story without one is left out.
    """
    # One text with all keys takes a third of the time of a row for each story.
    keys = StringAgg(Cast(key, TextField()), Value(" "))
    rows = links.filter(InList(F(key), pks)).order_by().values_list(value, label).annotate(keys=keys)
    return [
        (str(value), label, map(int, keys.split())) for value, label, keys in rows if value not in {"", None}
    ]


def build_facets(search):
    """Return the Facets of `search`, a Search, that offer a choice or have a chosen value.

    Each choice has the number of results it would leave.
    """
    if not search.rows:
        return []
    facets = [
        _build_facet(search, "country", _("Country")),
        _build_facet(search, "theme", _("Theme")),
        _build_facet(search, "year", _("Year"), order=lambda count: -int(count[0])),
        _build_facet(search, "kind", _("Kind of page")),
    ]
    return [facet for facet in facets if len(facet.choices) > 1 or facet.active]


def _build_facet(search, name, label, order=lambda count: fold(count[1])):
    """Return the Facet `name` with the label `label`.

    `order`: the key function by which the choices, (value, label, number of results), are sorted.
    """
    # The counts of the other values are what they would leave if one of them was chosen instead.
    pks = set(search.filter_pks(ignored_facet=name))
    counts = [
        (value, value_label, len(pks & with_value))
        for value, (value_label, with_value) in search.facet_values[name].items()
    ]
    # The chosen value can be removed even if it leaves no results.
    counts = sorted(
        (count for count in counts if count[2] or count[0] == search.filters.get(name)), key=order
    )
    return make_facet(search, name, label, counts)
