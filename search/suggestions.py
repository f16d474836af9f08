"""The JSON view of search suggestions: countries, themes and titles of pages for what is typed so far.

search/static/search/suggestions.js asks for them while somebody types.
"""

from collections import defaultdict
from functools import cache, partial
from itertools import chain
from operator import itemgetter

from django import forms
from django.db.models import CharField, F, OuterRef, Subquery, Value
from django.http import JsonResponse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from modelsearch.query import And, Or
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from caching.versioned_cache import cached
from publishing.visibility import published_pages
from search.analysis import fold_words, stem
from search.danger import find_danger
from search.parsing import TokenPhrase
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
    """Return {"suggestions": [...]} for the words in `q`; the list is empty for invalid input.

    It is also empty for what somebody in danger may type: no title should lead away from the help page.
    """
    form = SuggestionForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    typed = [] if find_danger(text) else fold_words(text)
    response = JsonResponse({"suggestions": find_suggestions(typed, get_language()) if typed else []})
    response["X-Robots-Tag"] = "noindex"
    return response


def find_suggestions(typed, language):
    """Return a list of {"text", "url", "kind"} for public pages and terms in `language`, an ISO code.

    `typed`: a list of folded words. In a page the last of them may be the beginning of a word; in the name of
    a country or theme each may. Pages with the words in the title come before those with them in their text.
    """
    pages = [page for page in find_pages_by_title(typed, language) if page.url]
    pages.sort(key=partial(title_sort_key, typed))
    # One or two letters begin too many words of texts.
    if len(pages) < MAX_PAGES and len(typed[-1]) > 2:
        pages += [page for page in find_pages_by_text(typed, language) if page.url and page not in pages]
    return [*find_terms(typed, language)[:MAX_TERMS], *map(page_as_suggestion, pages[:MAX_PAGES])]


def get_kind(model):
    """Return the name of a model as readers see it beside a suggestion: “plain page” is an editors' word."""
    if model in {StoryPage, StoryIndexPage, Country, Theme}:
        return capfirst(model._meta.verbose_name)
    return gettext("Page")


# --- Pages ---------------------------------------------------------------------------------------


def find_pages_by_title(typed, language):
    """Return the newest MAX_CANDIDATE_PAGES public pages with the `typed` words in the title."""
    make_compiler = get_search_backend().autocomplete_query_compiler_class
    return find_pages(make_compiler(Page.objects.all(), " ".join(typed)), language)[:MAX_CANDIDATE_PAGES]


def find_pages_by_text(typed, language):
    """Return the newest MAX_PAGES public stories with the `typed` words in the text.

    The index has stems. A word that is typed to its end may be longer than its stem, so that is searched too.
    """
    *words, last = ([stem(word, language)] for word in typed)
    words = [*map(TokenPhrase, words), Or([TokenPhrase(last), TokenPhrase(typed[-1:], is_prefix=True)])]
    compiler = get_search_backend().query_compiler_class(Page.objects.all(), And(words))
    return find_pages(compiler, language).exclude(storypage=None)[:MAX_PAGES]


def find_pages(compiler, language):
    """Return the public pages that `compiler` finds as a queryset, the newest first."""
    pages = published_pages(few=True).filter(locale__language_code=language, depth__gt=1)
    pages = compiler.filter_matching(pages, compiler.query_tree).order_by("-pk")
    return pages.only("title", "path", "url_path", "content_type")


def title_sort_key(typed, page):
    """Sort titles that begin with the typed words first, then those with the last word as a whole word."""
    title = fold_words(page.title)
    return not starts_with(title, typed), typed[-1] not in title


def page_as_suggestion(page):
    kind = get_kind(page.cached_content_type.model_class())
    return {"text": page.title, "url": page.url, "kind": kind}


# --- Countries and themes ------------------------------------------------------------------------


def find_terms(typed, language):
    """Return the suggestions of the themes and countries that fit `typed` and have a public story.

    The best come first. The list of a term is below the top index that the story is in.
    """
    ranks, names = rank_countries(typed, language), country_names(language)
    themes = Theme.objects.filter(locale__language_code=language)
    countries = Country.objects.filter(pk__in=ranks)
    # A subquery and not a join: SQLite, without statistics, would begin a join with all pages of the
    # language.
    language_code = Locale.objects.filter(pk=OuterRef("locale")).values("language_code")
    stories = StoryPage.objects.published(few=True).alias(language=Subquery(language_code))
    stories = stories.filter(language=language).order_by()
    rows = with_story_path(themes, "name", stories.filter(story_themes__theme=OuterRef("pk")))
    stories = stories.filter(story_countries__country=OuterRef("pk"))
    rows = rows.union(with_story_path(countries, "code", stories), all=True)
    urls = cached("top indexes", load_index_urls)
    terms = []
    for kind, label, slug, story_path in rows.order_by():
        is_country = kind == "country"
        name, rank = (names[label], ranks[label]) if is_country else (label, rank_name(typed, label))
        index_url = urls.get(story_path[:TOP_INDEX_PATH_LENGTH]) if story_path else None
        if index_url and rank is not None:
            suggestion = {"text": name, "url": f"{index_url}{kind}/{slug}/"}
            terms.append((rank, name, suggestion | {"kind": get_kind(Country if is_country else Theme)}))
    return [suggestion for _rank, _name, suggestion in sorted(terms, key=itemgetter(0, 1))]


def load_index_urls():
    """Return {path: URL} of the public top story indexes, which have the lists of terms."""
    indexes = published_pages(few=True).exclude(storyindexpage=None).filter(depth=TOP_INDEX_DEPTH)
    return {index.path: index.url for index in indexes.only("path", "url_path")}


def with_story_path(terms, label, stories):
    """Return rows (model name, label, slug, path of one of `stories` or None) of `terms`.

    `terms`: a queryset of themes or countries.
    `label`: the name of the field with the label.
    `stories`: a queryset with an OuterRef to the term.
    """
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
    ranks, names = defaultdict(set), country_names(language)
    for code, words in get_countries_by_letter().get(typed[0][0], ()):
        if each_starts_a_word(typed, words):
            rank = 0 if list(words) == typed else rank_name(typed, names[code])
            ranks[code].add(3 if rank is None else rank)
    worst = 3 if sum(3 in found for found in ranks.values()) <= MAX_COUNTRIES_BY_ALIAS else 2
    return {code: min(found) for code, found in ranks.items() if min(found) <= worst}


@cache
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
        aliases = read_country_terms().get(code, {})
        # The beginning of the name of a region or a city is that of too many countries.
        for text in chain(names, *(aliases.get(kind, ()) for kind in [*CONTENT_LANGUAGES, "former"])):
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
