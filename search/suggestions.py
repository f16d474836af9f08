"""What is offered while somebody types: countries, themes, and pages by the words of their titles."""

import functools
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.http import JsonResponse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from publishing.visibility import published_pages
from search.analysis import fold_words
from search.vocabulary import country_terms
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.terms import Country, Theme, country_names

MOST_TERMS, MOST_PAGES = 3, 5
# The best are chosen among so many of the newest pages with the typed words.
COMPARED = 50
# What begins an alias of more countries, as “republic” does, means none of them.
MOST_COUNTRIES_OF_ALIAS = 8
INDEX_PATH = TOP_INDEX_DEPTH * Page.steplen


class SuggestionForm(forms.Form):
    """What is typed so far. The field itself refuses NUL, which no database takes."""

    q = forms.CharField(min_length=2, max_length=60)


# What somebody types stays in no cache, and neither does what is withdrawn.
@never_cache
@require_safe
def suggestions(request):
    """Give, as JSON, what there is for the words in `q`; nothing, and no error, for what is no word."""
    form = SuggestionForm(request.GET)
    typed = fold_words(form.cleaned_data["q"]) if form.is_valid() else []
    response = JsonResponse({"suggestions": suggest(typed, get_language()) if typed else []})
    response["X-Robots-Tag"] = "noindex"
    return response


def suggest(typed, language):
    """Return [{"text", "url", "kind"}] of what is public in `language`, an ISO code.

    `typed`: folded words. Of a page's title the last may be the beginning of a word, of a country or a
    theme each of them.

    Asking of all matching pages whether they are public would take too long. So a few are taken first,
    and one story for each country and theme; only when too many of these are not public, all are asked.
    That makes three queries, or up to five.
    """
    terms = terms_called(typed, language, StoryPage.objects.filter(live=True))
    titled = pages_titled(typed, language)
    paths = list(titled.values_list("path", flat=True)[:COMPARED])
    public = {page.path: page for page in public_at([*paths, *(term.story_path for term in terms)])}
    if any(term.story_path not in public for term in terms):
        terms = terms_called(typed, language, StoryPage.objects.published())
    pages = [public[path] for path in paths if path in public]
    if len(pages) < MOST_PAGES and len(paths) == COMPARED:
        pages = published_pages().filter(pk__in=titled).order_by("-pk")[:COMPARED]
    terms = sorted((term for term in terms if term.index_path in public), key=lambda term: term.order)
    pages = sorted((page for page in pages if page.url), key=lambda page: title_rank(typed, page))
    return [
        *(term.as_suggestion(public[term.index_path].url) for term in terms[:MOST_TERMS]),
        *(as_suggestion(page) for page in pages[:MOST_PAGES]),
    ]


def kind_of(model):
    return capfirst(model._meta.verbose_name)


# --- Pages ---------------------------------------------------------------------------------------


def public_at(paths):
    """Return the public ones of the pages with `paths`, and the public top indexes."""
    content_type = ContentType.objects.get_for_model(StoryIndexPage)
    is_top_index = Q(content_type=content_type, depth=TOP_INDEX_DEPTH)
    pages = published_pages().filter(Q(path__in=set(paths)) | is_top_index)
    return pages.only("title", "path", "url_path", "content_type")


def pages_titled(typed, language):
    """Return the pages with the `typed` words in the title, private ones too, the newest first."""
    backend = get_search_backend()
    compiler = backend.autocomplete_query_compiler_class(Page.objects.all(), " ".join(typed))
    pages = Page.objects.filter(live=True, locale__language_code=language)
    return pages.filter(pk__in=compiler.matching(compiler.tree)).order_by("-pk")


def title_rank(typed, page):
    """Return what puts titles in order: first those that begin as typed, then those with whole words."""
    title = fold_words(page.title)
    return not begins(title, typed), typed[-1] not in title


def as_suggestion(page):
    kind = kind_of(page.cached_content_type.model_class())
    return {"text": page.title, "url": page.url, "kind": kind}


# --- Countries and themes ------------------------------------------------------------------------


@dataclass
class Term:
    """A country or a theme with a story.

    `rank`: how well its name fits, the best is 0. `story_path`: of a story that is filed under it.
    """

    model: type
    name: str
    slug: str
    story_path: str
    rank: int

    @property
    def order(self):
        return self.rank, self.name

    @property
    def index_path(self):
        """The path of the top index that lists the story."""
        return self.story_path[:INDEX_PATH]

    def as_suggestion(self, index_url):
        url = f"{index_url}{self.model._meta.model_name}/{self.slug}/"
        return {"text": self.name, "url": url, "kind": kind_of(self.model)}


def terms_called(typed, language, stories):
    """Return a Term for each theme and country that the `typed` words mean and one of `stories` has."""
    ranks = country_ranks(typed, language)
    themes = Theme.objects.filter(locale__language_code=language)
    countries = Country.objects.filter(pk__in=ranks)
    rows = [
        filed(themes, "name", stories.filter(story_themes__theme=OuterRef("pk")), language),
        filed(countries, "code", stories.filter(story_countries__country=OuterRef("pk")), language),
    ]
    names, terms = country_names(language), []
    for kind, label, slug, story_path in rows[0].union(rows[1], all=True).order_by():
        model = {"theme": Theme, "country": Country}[kind]
        name = names[label] if model is Country else label
        rank = ranks[label] if model is Country else name_rank(typed, name)
        if story_path and rank is not None:
            terms.append(Term(model, name, slug, story_path, rank))
    return terms


def filed(terms, label, stories, language):
    """Return (kind, label, slug, path of one of `stories` in `language` or None) of each of `terms`."""
    # A join with the language would let SQLite, which keeps no statistics, begin with all its pages.
    of_story = Locale.objects.filter(pk=OuterRef("locale")).values("language_code")
    stories = stories.alias(language=Subquery(of_story)).filter(language=language).order_by()
    return terms.order_by().values_list(
        Value(terms.model._meta.model_name, CharField()),
        F(label),
        F("slug"),
        Subquery(stories.values("path")[:1]),
    )


def country_ranks(typed, language):
    """Return {ISO code: rank}; a name in `language` comes before an alias, unless that is there in full."""
    exact, named, by_alias = {}, {}, {}
    names = country_names(language)
    for code, words in words_of_countries().get(typed[0][0], ()):
        if list(words) == typed:
            exact[code] = 0
        elif begins_words(words, typed):
            rank = name_rank(typed, names[code])
            if rank is None:
                by_alias[code] = 3
            else:
                named[code] = rank
    return (by_alias if len(by_alias) <= MOST_COUNTRIES_OF_ALIAS else {}) | named | exact


@functools.cache
def words_of_countries():
    """Return {letter: (ISO code, folded words)} of all names, aliases and demonyms with a word so begun."""
    found = defaultdict(set)
    for code, name in country_names("en").items():
        names = [country_names(language).get(code, name) for language in CONTENT_LANGUAGES]
        aliases = country_terms().get(code, {}).values()
        for text in chain(names, *aliases):
            words = tuple(fold_words(text))
            for word in words:
                found[word[0]].add((code, words))
    return dict(found)


def name_rank(typed, name):
    """Return 0 when `name` is what was typed, 1 when it begins so, 2 when its words do, else None."""
    words = fold_words(name)
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
