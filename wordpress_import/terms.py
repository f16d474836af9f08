"""Finds or creates the countries, themes and authors for the categories, tags and users of an export."""

import functools

import babel
from babel import localedata
from django.utils.translation import gettext_noop as _

from search.vocabulary import read_country_terms
from stories.terms import Author, Country, Theme, fold

# Names and slugs, in English, French and Spanish, of the category that WordPress gives to posts without one.
DROPPED_TERMS = {
    "uncategorized",
    "uncategorised",
    "non classé",
    "non-classe",
    "sin categoría",
    "sin-categoria",
}
# The kinds of terms ("domains") that become countries or themes.
FILED_UNDER = {"category", "post_tag"}
# The longest names of a theme and of an author, in characters. A longer one of an author is cut.
MAX_NAME, MAX_AUTHOR_NAME = 80, 120


@functools.cache
def country_codes():
    """Return {folded name: code} of all countries, in all languages of CLDR, with the other names for search.

    fold() ignores case and accents.
    """
    codes = {}
    known = set(Country.objects.values_list("code", flat=True))
    for identifier in localedata.locale_identifiers():
        if "_" in identifier:  # A variant by region or script, whose names are mostly those of the language.
            continue
        for code, name in babel.Locale.parse(identifier).territories.items():
            if code in known:
                codes.setdefault(fold(name), code)
    for code, languages in read_country_terms().items():
        for aliases in languages.values():
            for alias in aliases:
                codes.setdefault(fold(alias), code)
    return codes


class Terms:
    """Finds terms by their name. `writes`: whether missing ones are created."""

    def __init__(self, export, writes):
        self.export, self.writes = export, writes
        self.known = {}  # {(model, folded name, primary key of the locale): Theme, Author or None}

    def forget(self):
        """Forget what was made in a transaction that was rolled back."""
        self.known.clear()

    def is_withheld(self, name):
        """Return whether `name` is a login or an e-mail address of the old site."""
        return "@" in name or name.casefold() in self.export.withheld

    def read(self, item, locale, notes):
        """Return lists of (codes of countries, Themes, Authors) for `item`.

        `locale`: the Locale of its page. `notes`: its Notes. Without `writes`, missing terms are left out.
        """
        countries, themes = [], []
        for domain, nicename, name in item.terms:
            if domain not in FILED_UNDER or {nicename, name.casefold()} & DROPPED_TERMS:
                continue
            if code := country_codes().get(fold(name)):
                countries.append(code)
            elif len(name) > MAX_NAME or self.is_withheld(name):
                notes.flag(_("a category or tag is left out"))
            else:
                themes.append(self.find(Theme, name, locale))
        if countries:
            notes.flag(_("its countries are a proposal"))
        authors = [self.find(Author, name, locale) for name in self.names(item, notes)]
        return [list(dict.fromkeys(filter(None, found))) for found in (countries, themes, authors)]

    def names(self, item, notes):
        """Return the names of the authors of `item`. The plugin Co-Authors Plus allows several."""
        names = [name for domain, _nicename, name in item.terms if domain == "author"]
        if not names and item.creator:
            names = [self.export.authors[item.creator].name]
        shown = [name[:MAX_AUTHOR_NAME] for name in names if name and not self.is_withheld(name)]
        if len(shown) < len(names):
            notes.flag(_("its author is left out, as the name is a login or an e-mail address"))
        return shown

    def find(self, model, name, locale):
        """Return the object of `model` with `name` in `locale`, or None."""
        key, known = (model, fold(name), locale.pk), self.known
        if key not in known or (self.writes and known[key] is None):
            same = model.objects.filter(locale=locale)
            found = next((each for each in same if fold(each.name) == fold(name)), None)
            if found is None and self.writes:
                found = model.objects.create(name=name, locale=locale)
            known[key] = found
        return known[key]
