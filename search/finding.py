"""Runs a search for the search page: the public pages that match, filtered, counted and in order."""

import re
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Exists, F, Subquery
from django.utils.functional import cached_property
from django.utils.translation import get_language, override
from modelsearch.query import And
from modelsearch.utils import get_descendants_content_types_pks
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from caching.versioned_cache import VersionedCache, cached
from publishing.pages import get_specific, page_types
from publishing.visibility import PublishedQuerySet, published_pages
from search import ranking
from search.analysis import stem
from search.corrections import find_corrections
from search.danger import has_first_person
from search.excerpts import find_shown_pictures, iter_page_texts
from search.facets import SEARCH_FILTERS
from search.forms import SortOrder
from search.parsing import TokenPhrase, match_any, parse_query
from search.vocabulary import Vocabulary
from stories.languages import CONTENT_LANGUAGES
from stories.listing import Filtered
from stories.models import StoryPage

RESULTS_PER_PAGE = 10
# With fewer results than the first number, those in other languages are shown too: the second one of each.
FEW_RESULTS, RESULTS_IN_OTHER_LANGUAGE = 5, 3
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d", re.ASCII)
# The greatest number of results. If more pages match, only the newest are counted, filtered and ranked.
MAX_MATCHES = 10_000
# The matches, facets and orders of recent searches, for visitors who go to the next page or choose a
# filter. Each search takes several of the entries.
recent_searches = VersionedCache(max_entries=30)


class Searcher:
    """Looks up queries among the public pages in one language, by default the visitor's.

    Make one for each request and language.

    `locale`, `language`: the language, as a Locale and as its ISO code. `vocabulary`: its Vocabulary.
    """

    def __init__(self, language=None):
        with override(language or get_language()):
            self.locale = cached(("locale", get_language()), Locale.get_active)
        self.language = self.locale.language_code
        self.vocabulary = Vocabulary(self.language)

    @staticmethod
    def get_compiler(query, model=Page):
        """Return the search backend's compiler of `query` for `model`, a page type."""
        return get_search_backend().query_compiler_class(model.objects.all(), query)

    def find_pages(self, query, model=Page, **conditions):
        """Return the pages that match `query`, a tree of TokenPhrases, as a queryset.

        `model`: their type. `conditions`: further ones that the pages and their index entries meet.
        Make the queryset return few pages, as `published` (publishing/visibility.py) needs it to be quick.
        """
        # The index includes the root of Wagtail's page tree (depth 1), which has no URL.
        pages = PublishedQuerySet(model).published(few=True).filter(locale=self.locale, depth__gt=1)
        matching = self.get_compiler(query, model).filter_matching(pages, query, **conditions)
        return matching.filter(**conditions)

    def filter_matching(self, texts):
        """Return the set of those `texts` that find a page."""
        queries = {text: parse_query(text, self.language, self.vocabulary).query for text in texts}
        exists = {text: Exists(self.find_pages(query)) for text, query in queries.items() if query}
        return {text for text, is_found in self._evaluate(exists).items() if is_found}

    def find_texts(self, words):
        """Return {word: texts of the newest page with the word or an inflection of it}."""
        newest = {}
        for word in words:
            pages = self.find_pages(TokenPhrase([stem(word, self.language)])).order_by("-pk")
            newest[word] = Subquery(pages.values("pk")[:1])
        pks = {word: pk for word, pk in self._evaluate(newest).items() if pk}
        pages = load_specific_pages(pks.values())
        shown = find_shown_pictures(pages.values())
        return {word: [pages[pk].title, *iter_page_texts(pages[pk], shown)] for word, pk in pks.items()}

    def _evaluate(self, expressions):
        """Return {text: value} for `expressions`, {text: database expression}, with one SQL query."""
        if not expressions:
            return {}
        # A queryset of one row, to which the expressions are added.
        row = Locale.objects.filter(pk=self.locale.pk).values_list(*expressions.values()).get()
        return dict(zip(expressions, row, strict=True))


class Search(Filtered):
    """A search of the search page.

    `form`: a SearchForm after is_valid().
    `text`: replaces the words of the form, for example by corrected ones.
    `searcher`: the Searcher of the request, if there is one already.
    `any_word`: whether one of the words is enough for a page to match.
    `year`: a filter besides those of the form. It was typed among the words, and `text` is the others.
    """

    def __init__(self, form, text=None, searcher=None, any_word=False, year=None):
        self.form = form
        self.text = form.cleaned_data.get("q", "") if text is None else text
        self.filters = form.filters | ({"year": year} if year else {})
        self.searcher = searcher or Searcher()
        self.locale, self.language = self.searcher.locale, self.searcher.language
        self.vocabulary = self.searcher.vocabulary
        self.is_exact = bool(form.cleaned_data.get("exact"))
        self.parsed = parse_query(self.text, self.language, None if self.is_exact else self.vocabulary)
        self.is_partial = any_word
        self.is_corrected = text is not None and not year
        if any_word:
            self.parsed.query = match_any(self.query)

    @property
    def query(self):
        return self.parsed.query

    @property
    def is_fallback(self):
        """Whether this search replaces one that found nothing."""
        return self.is_corrected or self.is_partial

    @cached_property
    def corrections(self):
        """Corrections of the text, the best first. Each new word finds something, all words perhaps not.

        What somebody says about themselves, or may say in danger, is never corrected.
        """
        if has_first_person(self.text) or self.vocabulary.asks_for_help(self.text):
            return []
        return find_corrections(self.text, self.parsed.words, self.searcher)

    @property
    def offered_corrections(self):
        """The corrections that find something."""
        found = self.searcher.filter_matching([correction.text for correction in self.corrections])
        return [correction for correction in self.corrections if correction.text in found]

    def _get_or_make(self, name, make, *more_keys):
        """Return the cached value `name` of this search; `make` makes it.

        `more_keys`: what the value depends on besides the words, such as the filters.
        """
        # Facets have labels in the active language, which may be one that no page has.
        key = (name, get_language(), self.language, self.text, self.is_exact, self.is_partial, *more_keys)
        return recent_searches(key, make)

    @cached_property
    def rows(self):
        """Rows (primary key, content type's primary key, date or None) of the matches before filtering.

        The newest come first; there are at most MAX_MATCHES.
        """
        return self._matches[:MAX_MATCHES]

    @property
    def exceeded_limit(self):
        """MAX_MATCHES if more pages match, of which only the newest are results; else None."""
        return MAX_MATCHES if len(self._matches) > MAX_MATCHES else None

    @cached_property
    def _matches(self):
        """The rows, and one more than MAX_MATCHES if there are too many."""
        return [] if self.query is None else self._get_or_make("found", self._load_matches)

    def _load_matches(self):
        """Return the value of `_matches`, with one query.

        PostgreSQL reads the stories with a date from the index of the dates, until it has enough of them. In
        a query for all pages, it would look up the date of each match. SQLite gains nothing from three parts.
        """
        find_pages, columns = self.searcher.find_pages, ("pk", "content_type_id", "date")
        with_date = {"date": F("storypage__date")}
        if connection.vendor == "sqlite":
            matches = find_pages(self.query).annotate(**with_date).values_list(*columns)
        else:
            stories = find_pages(self.query, StoryPage).values_list(*columns)
            dated = stories.exclude(date=None).order_by("-date", "-pk")[: MAX_MATCHES + 1]
            story_type = ContentType.objects.get_for_model(StoryPage).pk
            other_types = set(get_descendants_content_types_pks(Page)) - {story_type}
            others = find_pages(self.query, content_type_id__in=other_types).annotate(**with_date)
            matches = dated.union(stories.filter(date=None), others.values_list(*columns), all=True)
        return list(matches.order_by(F("date").desc(nulls_last=True), "-pk")[: MAX_MATCHES + 1])

    @property
    def offered(self):
        return SEARCH_FILTERS if self.rows else []

    @cached_property
    def ordered_pks(self):
        """The primary keys in the order that the visitor chose."""
        if self.form.cleaned_data.get("sort") == SortOrder.DATE or self.query is None:
            return self.pks
        return self._get_or_make("order", self._rank, *sorted(self.filters.items()))

    def _rank(self):
        story_type = ContentType.objects.get_for_model(StoryPage).pk
        others = {pk for pk, content_type, _date in self.rows if content_type != story_type}
        return ranking.rank(self.pks, self.searcher.get_compiler(self.query), last=others)

    def get_page(self, number):
        """Return a Django paginator's page of results.

        It is the first one if `number` is no number, and the last one if `number` is out of range.
        """
        page = Paginator(self.ordered_pks, RESULTS_PER_PAGE).get_page(number)
        found = load_specific_pages(page.object_list)
        page.object_list = [found[pk] for pk in page.object_list if pk in found]
        return page

    def query_string(self, **changes):
        """Return the query string of this search; `changes` replace parameters, or remove them by None."""
        parameters = {
            "q": self.text,
            "exact": "1" if self.is_exact else None,
            "sort": self.form.cleaned_data.get("sort"),
            **self.filters,
            **changes,
        }
        return urlencode({name: value for name, value in parameters.items() if value})


def find_or_fall_back(form, searcher=None):
    """Return the Search for `form`, or a fallback if that finds nothing and a fallback finds something.

    A year among the words becomes a filter if the other words find a page of that year. The fallbacks are
    the corrected words, if one correction is clearly the best, and then pages with some of the words.
    """
    search = Search(form, searcher=searcher)
    if by_year := find_by_year(search):
        return by_year
    if search.query is None or search.rows:
        return search
    text, fallbacks = None, []
    if search.corrections and search.corrections[0].is_clear:
        text = search.corrections[0].text
        fallbacks.append(Search(form, text, search.searcher))
    # Only a query with several words or phrases can have pages with some of them.
    if len(search.parsed.words) > 1 or isinstance(search.query, And):
        fallbacks.append(Search(form, text, search.searcher, any_word=True))
    for fallback in fallbacks:
        if fallback.rows:
            # Replaces the cached property, which would correct the text of the fallback.
            fallback.corrections = [each for each in search.corrections if each.text != fallback.text]
            return fallback
    return search


def find_in_other_languages(search):
    """Return [(ISO code, number of results, the best pages)] of the same search in each other language.

    The list is empty if the search has enough results or a filter, and without pages in other languages.
    """
    if (search.count >= FEW_RESULTS and not search.is_partial) or search.form.filters or search.query is None:
        return []
    homes = published_pages().exclude(homepage=None).values_list("locale__language_code", flat=True)
    codes = cached("languages of home pages", lambda: set(homes)) - {search.language}
    others = {c: find_or_fall_back(search.form, Searcher(c)) for c in CONTENT_LANGUAGES if c in codes}
    return [
        (code, other.count, other.get_page(1)[:RESULTS_IN_OTHER_LANGUAGE])
        for code, other in others.items()
        if other.count and not other.is_partial
    ]


def find_by_year(search):
    """Return the Search with the year among the words of `search` as a filter; None if it finds nothing."""
    years = [word for word in search.parsed.words if YEAR_PATTERN.fullmatch(word)]
    text = " ".join(word for word in search.text.split() if word not in years)
    if len(years) != 1 or not text or search.filters.get("year"):
        return None
    by_year = Search(search.form, text, search.searcher, year=years[0])
    return by_year if by_year.count else None


def load_specific_pages(pks):
    """Return {primary key: page of its own class}, with one query for all types."""
    types = (each._meta.model_name for each in page_types())
    pages = Page.objects.filter(pk__in=list(pks)).select_related(*types)
    return {page.pk: get_specific(page) for page in pages}
