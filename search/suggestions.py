"""The JSON view of search suggestions: countries, themes and titles of pages for what is typed so far.

search/static/search/suggestions.js asks for them while somebody types.
"""

import functools
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.http import JsonResponse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from publishing.visibility import published_pages
from search.analysis import fold_words
from search.vocabulary import NON_COUNTRY_CODES, read_country_terms
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.terms import Country, Theme, country_names

MAX_TERMS, MAX_PAGES = 3, 5
# The newest public pages with the typed words, among which the best titles are chosen.
MAX_CANDIDATE_PAGES = 50
# Words that begin an alias of more countries, as “republic” does, suggest no country by an alias.
MAX_COUNTRIES_BY_ALIAS = 8
# Codes of two letters in CLDR's list of territories that ISO 3166-1 assigns to no country, such as the Canary
# Islands' and Kosovo's, besides NON_COUNTRY_CODES.
UNASSIGNED_CODES = {"AC", "CP", "CQ", "DG", "EA", "IC", "QO", "TA", "XK"}
# In characters of Page.path: the path of a top story index.
TOP_INDEX_PATH_LENGTH = TOP_INDEX_DEPTH * Page.steplen


class SuggestionForm(forms.Form):
    """Validates what is typed so far. CharField refuses NUL characters, which databases cannot store."""

    # search/static/search/suggestions.js has the same limits.
    q = forms.CharField(min_length=2, max_length=60)


# No cache may store what somebody types, nor suggest a page after it was withdrawn.
@never_cache
@require_safe
def suggestions(request):
    """Return {"suggestions": [...]} for the words in `q`; the list is empty for invalid input."""
    form = SuggestionForm(request.GET)
    typed = fold_words(form.cleaned_data["q"]) if form.is_valid() else []
    response = JsonResponse({"suggestions": find_suggestions(typed, get_language()) if typed else []})
    response["X-Robots-Tag"] = "noindex"
    return response


def find_suggestions(typed, language):
    """Return a list of {"text", "url", "kind"} for public pages and terms in `language`, an ISO code.

    `typed`: a list of folded words. In a page's title the last of them may be the beginning of a word; in
    the name of a country or theme each may.

    It would take too long to check whether each matching page is public. So the newest matching pages, twice
    MAX_CANDIDATE_PAGES, and one live story for each term are checked first. If the story of a term is not
    public, the terms are looked up again, with public stories only. If fewer than MAX_CANDIDATE_PAGES of the
    checked pages are public and there may be more matches, the pages are looked up again, with public pages
    only. So pages that are not public do not change the suggestions. That takes three SQL queries, and one
    more for each lookup that is repeated.
    """
    terms = find_terms(typed, language, StoryPage.objects.filter(live=True))
    matching_pages = find_pages_by_title(typed, language)
    paths = list(matching_pages.values_list("path", flat=True)[: 2 * MAX_CANDIDATE_PAGES])
    public = {page.path: page for page in get_public_pages([*paths, *(term.story_path for term in terms)])}
    if any(term.story_path not in public for term in terms):
        terms = find_terms(typed, language, StoryPage.objects.published())
    pages = [public[path] for path in paths if path in public][:MAX_CANDIDATE_PAGES]
    if len(pages) < MAX_CANDIDATE_PAGES and len(paths) == 2 * MAX_CANDIDATE_PAGES:
        pages = published_pages().filter(pk__in=matching_pages).order_by("-pk")[:MAX_CANDIDATE_PAGES]
    terms = sorted((term for term in terms if term.index_path in public), key=lambda term: term.sort_key)
    pages = sorted((page for page in pages if page.url), key=lambda page: title_sort_key(typed, page))
    return [
        *(term.as_suggestion(public[term.index_path].url) for term in terms[:MAX_TERMS]),
        *(page_as_suggestion(page) for page in pages[:MAX_PAGES]),
    ]


def get_kind(model):
    """Return the name of a model as readers see it beside a suggestion: “plain page” is an editors' word."""
    if model in {StoryPage, StoryIndexPage, Country, Theme}:
        return capfirst(model._meta.verbose_name)
    return gettext("Page")


# --- Pages ---------------------------------------------------------------------------------------


def get_public_pages(paths):
    """Return the public pages among those with `paths`, and all public top story indexes."""
    content_type = ContentType.objects.get_for_model(StoryIndexPage)
    is_top_index = Q(content_type=content_type, depth=TOP_INDEX_DEPTH)
    pages = published_pages().filter(Q(path__in=set(paths)) | is_top_index)
    return pages.only("title", "path", "url_path", "content_type")


def find_pages_by_title(typed, language):
    """Return the live pages with the `typed` words in the title, the last created first.

    Private pages are included: the caller must filter them out.
    """
    backend = get_search_backend()
    compiler = backend.autocomplete_query_compiler_class(Page.objects.all(), " ".join(typed))
    pages = Page.objects.filter(live=True, locale__language_code=language)
    return compiler.filter_matching(pages, compiler.query_tree).order_by("-pk")


def title_sort_key(typed, page):
    """Sort titles that begin with the typed words first, then those with the last word as a whole word."""
    title = fold_words(page.title)
    return not starts_with(title, typed), typed[-1] not in title


def page_as_suggestion(page):
    kind = get_kind(page.cached_content_type.model_class())
    return {"text": page.title, "url": page.url, "kind": kind}


# --- Countries and themes ------------------------------------------------------------------------


@dataclass
class TermSuggestion:
    """A country or theme that has a story.

    `model`: Country or Theme.
    `story_path`: the page tree path of one story with the country or theme.
    `rank`: how well the typed words fit; 0 is best.
    """

    model: type
    name: str
    slug: str
    story_path: str
    rank: int

    @property
    def sort_key(self):
        return self.rank, self.name

    @property
    def index_path(self):
        """The page tree path of the top story index that lists the story."""
        return self.story_path[:TOP_INDEX_PATH_LENGTH]

    def as_suggestion(self, index_url):
        url = f"{index_url}{self.model._meta.model_name}/{self.slug}/"
        return {"text": self.name, "url": url, "kind": get_kind(self.model)}


def find_terms(typed, language, stories):
    """Return a TermSuggestion for each theme and country that fits `typed` and has one of `stories`."""
    country_ranks = rank_countries(typed, language)
    themes = Theme.objects.filter(locale__language_code=language)
    countries = Country.objects.filter(pk__in=country_ranks)
    theme_rows = with_story_path(themes, "name", stories.filter(story_themes__theme=OuterRef("pk")), language)
    country_rows = with_story_path(
        countries, "code", stories.filter(story_countries__country=OuterRef("pk")), language
    )
    names, terms = country_names(language), []
    for kind, label, slug, story_path in theme_rows.union(country_rows, all=True).order_by():
        if kind == "country":
            model, name, rank = Country, names[label], country_ranks[label]
        else:
            model, name, rank = Theme, label, rank_name(typed, label)
        if story_path and rank is not None:
            terms.append(TermSuggestion(model, name, slug, story_path, rank))
    return terms


def with_story_path(terms, label, stories, language):
    """Return rows (model name, label, slug, path of one of `stories` in `language` or None) of `terms`.

    `terms`: a queryset of themes or countries.
    `label`: the name of the field with the label.
    `stories`: a queryset with an OuterRef to the term.
    """
    # A subquery and not a join: SQLite, without statistics, would begin a join with all pages of the
    # language.
    language_code = Locale.objects.filter(pk=OuterRef("locale")).values("language_code")
    stories = stories.alias(language=Subquery(language_code)).filter(language=language).order_by()
    return terms.order_by().values_list(
        Value(terms.model._meta.model_name, CharField()),
        F(label),
        F("slug"),
        Subquery(stories.values("path")[:1]),
    )


def rank_countries(typed, language):
    """Return {ISO code: rank} of the countries that fit the `typed` words; 0 is best.

    A name or alias in full has rank 0, the beginning of the name in `language` 1 or 2 (see rank_name),
    and the beginning of an alias 3.
    """
    exact, by_name, by_alias = {}, {}, {}
    names = country_names(language)
    for code, words in get_countries_by_letter().get(typed[0][0], ()):
        if list(words) == typed:
            exact[code] = 0
        elif each_starts_a_word(typed, words):
            rank = rank_name(typed, names[code])
            if rank is None:
                by_alias[code] = 3
            else:
                by_name[code] = rank
    return (by_alias if len(by_alias) <= MAX_COUNTRIES_BY_ALIAS else {}) | by_name | exact


@functools.cache
def get_countries_by_letter():
    """Return {letter: {(ISO code, folded words of a name, alias or demonym)}}.

    Each is listed under the first letter of each of its words.
    """
    by_letter = defaultdict(set)
    for code, name in country_names("en").items():
        # CLDR's territories also include continents and regions, with codes of three digits.
        if len(code) != 2 or code in NON_COUNTRY_CODES | UNASSIGNED_CODES:
            continue
        names = [country_names(language).get(code, name) for language in CONTENT_LANGUAGES]
        aliases = read_country_terms().get(code, {}).values()
        for text in chain(names, *aliases):
            words = tuple(fold_words(text))
            for word in words:
                by_letter[word[0]].add((code, words))
    return dict(by_letter)


def rank_name(typed, name):
    """Return 0 if `name` is what was typed, 1 if it begins so, 2 if its words begin so, else None."""
    words = fold_words(name)
    if words == typed:
        return 0
    if starts_with(words, typed):
        return 1
    return 2 if each_starts_a_word(typed, words) else None


def starts_with(words, typed):
    """Return whether `words` begin with the `typed` words, the last of which may be incomplete."""
    return " ".join(words).startswith(" ".join(typed))


def each_starts_a_word(typed, words):
    """Return whether each of `typed` is the beginning of one of `words`."""
    return all(any(word.startswith(prefix) for word in words) for prefix in typed)
