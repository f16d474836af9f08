"""What is offered while somebody types: countries, themes, and pages by the words of their titles."""

import functools
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from django import forms
from django.db.models import OuterRef, Q, Subquery
from django.http import JsonResponse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Page
from wagtail.search.backends import get_search_backend

from media.visibility import published_pages
from search.analysis import folded
from search.vocabulary import country_terms
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.terms import Country, Theme, country_names

MOST_TERMS, MOST_PAGES = 3, 5
# The best are chosen among so many of the newest pages with the typed words.
COMPARED = 50
# What begins an alias of more countries, as “republic” does, means none of them.
MOST_COUNTRIES_OF_ALIAS = 8


class SuggestionForm(forms.Form):
    """What is typed so far. The field itself refuses NUL, which no database takes."""

    q = forms.CharField(min_length=2, max_length=60)


# What somebody types stays in no cache, and neither does what is withdrawn.
@never_cache
@require_safe
def suggestions(request):
    """Give, as JSON, what there is for the words in `q`; nothing, and no error, for what is no word."""
    form = SuggestionForm(request.GET)
    typed = folded(form.cleaned_data["q"]) if form.is_valid() else []
    response = JsonResponse({"suggestions": suggest(typed, get_language()) if typed else []})
    response["X-Robots-Tag"] = "noindex"
    return response


def suggest(typed, language):
    """Return [{"text", "url", "kind"}] of what is public in `language`, an ISO code.

    `typed`: folded words. Of a page's title the last may be the beginning of a word, of a country or a
    theme each of them. It takes at most five queries, and the databases look closely at few pages.
    """
    terms = [term for term in [*themes(typed, language), *countries(typed, language)] if term.index_path]
    newest = pages_titled(typed, language)
    keys = list(newest.values_list("pk", flat=True)[:COMPARED])
    index_paths = {term.index_path for term in terms}
    public = list(published_pages().filter(Q(pk__in=keys) | Q(path__in=index_paths)))
    indexes = {page.path: page.url for page in public if page.path in index_paths}
    pages = [page for page in public if page.pk in keys]
    if len(pages) < MOST_PAGES and len(keys) == COMPARED:
        # So many of them are private that public ones may come after them.
        pages = list(published_pages().filter(pk__in=newest).order_by("-pk")[:COMPARED])
    terms = sorted((term for term in terms if indexes.get(term.index_path)), key=lambda term: term.order)
    pages = sorted((page for page in pages if page.url), key=lambda page: (title_rank(typed, page), -page.pk))
    return [term.as_suggestion(indexes) for term in terms[:MOST_TERMS]] + [
        {"text": page.title, "url": page.url, "kind": kind_of(page.cached_content_type.model_class())}
        for page in pages[:MOST_PAGES]
    ]


def kind_of(model):
    return capfirst(model._meta.verbose_name)


# --- Pages ---------------------------------------------------------------------------------------


def pages_titled(typed, language):
    """Return the pages with the `typed` words in the title, private ones too, the newest first."""
    backend = get_search_backend()
    compiler = backend.autocomplete_query_compiler_class(Page.objects.all(), " ".join(typed))
    pages = Page.objects.filter(live=True, locale__language_code=language)
    return pages.filter(pk__in=compiler.matching(compiler.tree)).order_by("-pk")


def title_rank(typed, page):
    """Return what puts titles in order: first those that begin as typed, then those with whole words."""
    title = folded(page.title)
    return not begins(title, typed), typed[-1] not in title


# --- Countries and themes ------------------------------------------------------------------------


@dataclass
class Term:
    """A country or a theme, how well its name fits, and the path of an index with a public story of it."""

    term: Country | Theme
    rank: int
    index_path: str

    @property
    def order(self):
        return self.rank, self.term.name

    def as_suggestion(self, indexes):
        """`indexes`: {path: address}"""
        kind = self.term._meta.model_name
        url = f"{indexes[self.index_path]}{kind}/{self.term.slug}/"
        return {"text": self.term.name, "url": url, "kind": kind_of(self.term)}


def filed(terms, language, **of_term):
    """Return `terms`, each with the `story_path` of a public story that is filed under it, or None."""
    stories = StoryPage.objects.published().filter(locale__language_code=language, **of_term)
    return terms.annotate(story_path=Subquery(stories.order_by().values("path")[:1]))


def index_path(term):
    return (term.story_path or "")[: TOP_INDEX_DEPTH * Page.steplen]


def themes(typed, language):
    """Yield a Term for each theme with a word in its name for each of the `typed` words."""
    named = Theme.objects.filter(locale__language_code=language)
    for theme in filed(named, language, story_themes__theme=OuterRef("pk")):
        rank = name_rank(typed, theme.name)
        if rank is not None:
            yield Term(theme, rank, index_path(theme))


def countries(typed, language):
    """Yield a Term for each country that the `typed` words begin a name, alias or demonym of."""
    ranks = country_ranks(typed, language)
    called = Country.objects.filter(pk__in=ranks)
    for country in filed(called, language, story_countries__country=OuterRef("pk")):
        yield Term(country, ranks[country.pk], index_path(country))


def country_ranks(typed, language):
    """Return {ISO code: rank}; a name in `language` comes before an alias, unless that is there in full."""
    ranks, by_alias = {}, {}
    names = country_names(language)
    for code, words in words_of_countries()[typed[0][0]]:
        if list(words) == typed:
            ranks[code] = 0
        elif begins_words(words, typed) and code not in by_alias:
            by_alias[code] = name_rank(typed, names[code])
    named = {code: rank for code, rank in by_alias.items() if rank is not None}
    aliases = {code: 3 for code in by_alias if code not in named}
    return (aliases if len(aliases) <= MOST_COUNTRIES_OF_ALIAS else {}) | named | ranks


@functools.cache
def words_of_countries():
    """Return {letter: (ISO code, folded words)} of all names, aliases and demonyms with a word so begun."""
    found = defaultdict(set)
    for code, name in country_names("en").items():
        names = [country_names(language).get(code, name) for language in CONTENT_LANGUAGES]
        aliases = country_terms().get(code, {}).values()
        for text in chain(names, *aliases):
            words = tuple(folded(text))
            for word in words:
                found[word[0]].add((code, words))
    return found


def name_rank(typed, name):
    """Return 0 when `name` is what was typed, 1 when it begins so, 2 when its words do, else None."""
    words = folded(name)
    if words == typed:
        return 0
    if begins(words, typed):
        return 1
    return 2 if begins_words(words, typed) else None


def begins(words, typed):
    """Return whether `words` begin with `typed`, of which the last may go on."""
    return " ".join(words).startswith(" ".join(typed))


def begins_words(words, typed):
    """Return whether each of `typed` begins one of `words`."""
    return all(any(word.startswith(beginning) for word in words) for beginning in typed)
