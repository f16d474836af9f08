"""The filters (facets) of lists of stories and of the search, and the form of their query parameters."""

from django import forms
from django.apps import apps
from django.db.models import F, StringAgg, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from publishing.in_list import InList
from publishing.visibility import published_pages
from stories.story_links import StoryCountry, StoryTheme
from stories.terms import country_names, fold

# The years that the admin (editing/overrides/date_fields.py) and filters accept. Django fails on filters
# after 9999.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Filter:
    """A filter by one property of pages. Its values are texts.

    `name`: its query parameter. `label`: the title of its facet.

    find_pages(rows) returns (value, label, primary keys) of each value of `rows`: (primary key, content
    type's primary key, date or None) of each page. A value may come several times.
    """

    # Whether a search without results offers the values, as ways to browse.
    is_for_browsing = False

    def __init__(self, name, label):
        self.name, self.label = name, label

    def make_field(self):
        """Return the form field of the query parameter."""
        return forms.SlugField(required=False)

    def get_label(self, value):
        """Return the label of an active `value` that nothing in the list has. It names nothing hidden."""
        return value

    def sort_key(self, choice):
        """Return the key by which choices are sorted: the label, whatever its capitals and accents.

        `choice`: (value, label, number of pages).
        """
        return fold(choice[1])


class TermFilter(Filter):
    """A filter by a term, whose slug is the value.

    `links`: the model of the links between stories and terms. Its field for the term is called `name`.
    """

    is_for_browsing = True
    # The field of the term that the label is made of.
    label_field = "name"

    def __init__(self, name, label, links):
        super().__init__(name, label)
        self.links, self.model = links.objects, links._meta.get_field(name).remote_field.model

    def make_field(self):
        slug = self.model._meta.get_field("slug")
        return forms.SlugField(required=False, allow_unicode=slug.allow_unicode)

    def find_pages(self, rows):
        columns = f"{self.name}__slug", f"{self.name}__{self.label_field}"
        return group_pages(self.links, "story_id", rows, *columns)

    def get_label(self, value):
        # Only a term of a public story is public: any other name would tell of unpublished stories.
        public = self.links.filter(story__in=published_pages()).values(self.name)
        return str(self.model.objects.filter(slug=value, pk__in=public).first() or value)


class CountryFilter(TermFilter):
    label_field = "code"

    def find_pages(self, rows):
        names = country_names(get_language())
        return [(slug, names[code], pks) for slug, code, pks in super().find_pages(rows)]

    def get_label(self, value):
        # The names of countries tell nothing.
        return str(self.model.objects.filter(slug=value).first() or value)


class YearFilter(Filter):
    """A filter by the year of the date, the newest first."""

    def make_field(self):
        return forms.IntegerField(required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR)

    def find_pages(self, rows):
        return [(str(date.year), str(date.year), [pk]) for pk, _content_type, date in rows if date]

    def sort_key(self, choice):
        return -int(choice[0])


class ChoiceFilter(Filter):
    """A filter by the field `name` of StoryPage, which has fixed `choices`, a TextChoices.

    A stored value that is none of them, such as one of a choice that was removed, is left out.
    """

    def __init__(self, name, label, choices):
        super().__init__(name, label)
        self.choices = choices

    def make_field(self):
        return forms.ChoiceField(choices=self.choices, required=False)

    def find_pages(self, rows):
        found = group_pages(apps.get_model("stories.StoryPage").objects, "pk", rows, self.name)
        return [(value, self.get_label(value), pks) for value, pks in found if value in self.choices]

    def get_label(self, value):
        return str(self.choices(value).label)


def group_pages(objects, key, rows, *columns):
    """Return (*columns, primary keys) of the different values of `columns` that the pages `rows` have.

    `objects`: a manager of rows with these values. `key`: the field with the primary key of the story.
    `rows`: as for Filter.find_pages().
    """
    # One text with all keys takes a third of the time of a row for each story.
    keys = StringAgg(Cast(key, TextField()), Value(" "))
    found = objects.filter(InList(F(key), [row[0] for row in rows])).order_by().values_list(*columns)
    return [(*values, map(int, pks.split())) for *values, pks in found.annotate(keys=keys)]


# In the order of the page and of its query string. The search has one more (search/facets.py).
FILTERS = [
    CountryFilter("country", _("Country"), StoryCountry),
    TermFilter("theme", _("Theme"), StoryTheme),
    YearFilter("year", _("Year")),
]


class StoryFilterForm(forms.Form):
    """The filters in the query string of a listing. Invalid values are ignored; there is no error page."""

    offered = FILTERS

    def __init__(self, data):
        super().__init__(data)
        self.fields |= {each.name: each.make_field() for each in self.offered}

    @property
    def filters(self):
        """The valid filters that are set, {name: value as text}, after is_valid()."""
        found = {each.name: self.cleaned_data.get(each.name) for each in self.offered}
        return {name: str(value) for name, value in found.items() if value}
