"""One search: what is found for the words and filters in an address, in which order, and how many."""

from collections import Counter
from functools import partial
from itertools import chain
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db.models import BooleanField, Case, Exists, F, Subquery, Value, When
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelsearch.query import And, Not, Or
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from caching.generation import Kept, kept
from publishing.visibility import published_pages
from search import ranking
from search.analysis import stem
from search.corrections import corrections
from search.excerpts import texts_to_read
from search.forms import Order
from search.parsing import parse
from search.queries import Tokens, joined, leaves, typed_only
from search.vocabulary import Vocabulary
from stories.listing import Choice, Facet, term_label
from stories.models import StoryCountry, StoryPage, StoryTheme
from stories.terms import country_names

RESULTS_PER_PAGE = 10
# With so many results, asking for their countries by their keys costs more than asking for all.
MANY = 500
# All that can be found beside stories, as the names of the relations from Page.
OTHER_TYPES = ["homepage", "standardpage", "storyindexpage"]
# For readers who go on to the next page of the results, or take a filter. Each search is some of these.
recent = Kept(most=30)


class Search:
    """The public pages in the reader's language that a SearchForm asks for.

    `text`: other words than the form's, such as corrected ones. `partly`: any of the words is enough.
    `like`: a search in the same language, to share what it has read.
    """

    def __init__(self, form, text=None, like=None, partly=False):
        self.form = form
        self.text = form.cleaned_data.get("q", "") if text is None else text
        self.filters = form.filters
        self.locale = like.locale if like else kept(("locale", get_language()), Locale.get_active)
        self.language = self.locale.language_code
        self.vocabulary = like.vocabulary if like else Vocabulary(self.language)
        self.is_exact = bool(form.cleaned_data.get("exact"))
        self.typed = parse(self.text, self.language, None if self.is_exact else self.vocabulary)
        self.is_partial = partly
        self.is_corrected = text is not None
        if partly:
            self.typed.query = any_of(self.query)

    @property
    def query(self):
        return self.typed.query

    @property
    def is_instead(self):
        """Whether it stands for a search that found nothing."""
        return self.is_corrected or self.is_partial

    @property
    def is_extended(self):
        """Whether the vocabulary added anything to what was typed."""
        return any(not leaf.is_typed for leaf in leaves(self.query))

    @cached_property
    def compiler(self):
        backend = get_search_backend()
        return backend.query_compiler_class(Page.objects.all(), self.query)

    @cached_property
    def public_pages(self):
        """All public pages in the reader's language, as a queryset that is built but once."""
        # The root of Wagtail's tree is in the index, too, and has no address.
        return published_pages().filter(locale=self.locale, depth__gt=1)

    def public(self, query):
        """Return the public pages in the reader's language that hold `query`."""
        return self.public_pages.filter(pk__in=self.compiler.matching(query))

    @cached_property
    def corrections(self):
        """Corrections of the text, the best first, each of which finds something."""
        return corrections(
            self.text,
            self.typed.words,
            self.language,
            self.found_among,
            self.public_texts,
            self.vocabulary.texts,
        )

    def found_among(self, texts):
        """Return those of `texts` that find a public page."""
        queries = {text: parse(text, self.language, self.vocabulary).query for text in texts}
        found = self._ask({text: Exists(self.public(query)) for text, query in queries.items() if query})
        return {text for text, is_found in found.items() if is_found}

    def public_texts(self, words):
        """Return {word: texts of a public page that has it or another form of it}."""
        newest = {
            word: Subquery(self.public(Tokens([stem(word, self.language)])).order_by("-pk").values("pk")[:1])
            for word in words
        }
        found = {word: key for word, key in self._ask(newest).items() if key}
        pages = specific_pages(found.values())
        return {word: [pages[key].title, *texts_to_read(pages[key])] for word, key in found.items()}

    def _ask(self, expressions):
        """Return {text: value} for {text: expression}, by one query."""
        if not expressions:
            return {}
        row = Locale.objects.filter(pk=self.locale.pk).values_list(*expressions.values()).get()
        return dict(zip(expressions, row, strict=True))

    # --- What is found ---------------------------------------------------------------------------

    @cached_property
    def rows(self):
        """(key, content type, date) of all that hold the words, the newest first."""
        return self._found[0]

    def _kept(self, name, make, *more):
        """Return what `make` returns, which is the same for each page of the results and each filter."""
        return recent((name, self.language, self.text, self.is_exact, self.is_partial, *more), make)

    @cached_property
    def _found(self):
        return ([], {}) if self.query is None else self._kept("found", self._find)

    def _find(self):
        """Return the rows and, to rank by, {key: (whether it lacks the words typed, whether its title)}."""
        lacks = {
            "lacks_typed": self._lacks(typed_only(self.query)) if self.is_extended else Value(False),
            "title_lacks": self._lacks(self.query, "title"),
        }
        newest_first = F("storypage__date").desc(nulls_last=True)
        pages = self.public(self.query).annotate(**lacks).order_by(newest_first, "-pk")
        rows = list(pages.values_list("pk", "content_type_id", "storypage__date", *lacks))
        return [row[:3] for row in rows], {key: tuple(lacking) for key, _kind, _date, *lacking in rows}

    def _lacks(self, query, column=None):
        """Return the expression for whether a page does not hold `query`; for none it does not."""
        holds = self.compiler.matching(query, column) if query else []
        return Case(When(pk__in=holds, then=False), default=True, output_field=BooleanField())

    @cached_property
    def keys(self):
        """The keys of the pages that pass all filters, the newest first."""
        return self._passing()

    def _passing(self, leave_out=None):
        filters = [(self._terms[0][name], value) for name, value in self.filters.items() if name != leave_out]
        if not filters:
            return [key for key, _kind, _date in self.rows]
        return [
            key
            for key, _kind, _date in self.rows
            if all(value in values.get(key, ()) for values, value in filters)
        ]

    @cached_property
    def _terms(self):
        """{facet: {key: its values}} for all rows, and {facet: {value: label}}."""
        return self._kept("terms", self._find_terms)

    def _find_terms(self):
        kinds = {
            kind: ContentType.objects.get_for_id(kind) for kind in {kind for _key, kind, _date in self.rows}
        }
        names = {kind.model: kind.model_class()._meta.verbose_name_plural for kind in kinds.values()}
        countries = self._filed("country", StoryCountry, "country__slug", "country_id")
        themes = self._filed("theme", StoryTheme, "theme__slug", "theme__name")
        values = {
            "country": countries[0],
            "theme": themes[0],
            "year": {key: [str(date.year)] for key, _kind, date in self.rows if date},
            "kind": {key: [kinds[kind].model] for key, kind, _date in self.rows},
        }
        kind_labels = {name: capfirst(plural) for name, plural in names.items()}
        return values, {"country": countries[1], "theme": themes[1], "kind": kind_labels}

    def _filed(self, facet, model, slug, name):
        # Ordered by nothing: what Orderable asks for takes time, and says nothing here.
        links = model.objects.order_by().values_list("story_id", slug, name)
        if len(self.rows) < MANY:
            return grouped(links.filter(story__in=[key for key, _kind, _date in self.rows]))
        return kept(("filed", facet), partial(grouped, links))

    @property
    def count(self):
        return len(self.keys)

    @cached_property
    def order(self):
        """The keys in the order in which the reader wants them."""
        if self.form.cleaned_data.get("sort") == Order.DATE or self.query is None:
            return self.keys
        ranked = partial(ranking.ranked, self.keys, self.compiler, self._found[1])
        return self._kept("order", ranked, *sorted(self.filters.items()))

    def page(self, number):
        """Return the page of results that was asked for; the nearest one when there is no such page."""
        page = Paginator(self.order, RESULTS_PER_PAGE).get_page(number)
        found = specific_pages(page.object_list)
        page.object_list = [found[key] for key in page.object_list if key in found]
        return page

    # --- Facets ----------------------------------------------------------------------------------

    @cached_property
    def facets(self):
        """The facets that have something to choose, each with the number of results of each choice."""
        return self._kept("facets", self._count_facets, self.address())

    def _count_facets(self):
        if not self.rows:
            return []
        names = country_names(get_language())
        facets = [
            self._facet("country", _("Country"), lambda code: names.get(code, code)),
            self._facet("theme", _("Theme")),
            self._facet("year", _("Year"), newest_first=True),
            self._facet("kind", _("Kind of page")),
        ]
        return [facet for facet in facets if len(facet.choices) > 1 or facet.active]

    @property
    def active_choices(self):
        return [facet.active for facet in self.facets if facet.active]

    def _facet(self, name, label, in_words=str, newest_first=False):
        values, labels = self._terms[0][name], self._terms[1].get(name, {})
        found = self._passing(leave_out=name)
        counts = Counter(chain.from_iterable(values[key] for key in found if key in values))
        chosen = self.filters.get(name)
        if chosen:
            counts.setdefault(chosen, 0)  # it can be taken off although it leaves nothing
        without = self.address(**{name: None})
        choices = [
            Choice(
                label=in_words(labels[value]) if value in labels else term_label(name, value),
                value=value,
                count=number,
                is_active=value == chosen,
                query=without if value == chosen else f"{without}&{urlencode({name: value})}",
            )
            for value, number in counts.items()
        ]
        return Facet(name, label, sorted(choices, key=lambda choice: choice.label, reverse=newest_first))

    def address(self, **changes):
        """Return the query string of this search with `changes`; what is None is left out."""
        asked = {
            "q": self.text,
            "exact": "1" if self.is_exact else None,
            "sort": self.form.cleaned_data.get("sort"),
            **self.filters,
            **changes,
        }
        return urlencode({name: value for name, value in asked.items() if value})


def find(form):
    """Return the Search for `form`; when it finds nothing, one that does for nearly the same, if there is.

    That is the one for its correction, when only one is likely, or else for some of its words.
    """
    search = Search(form)
    if search.query is None or search.rows:
        return search
    text, others = None, []
    if search.corrections and search.corrections[0].is_clear:
        text = search.corrections[0].text
        others.append(Search(form, text=text, like=search))
    if len(search.typed.words) > 1 or isinstance(search.query, And):
        others.append(Search(form, text=text, like=search, partly=True))
    for other in others:
        if other.rows:
            other.corrections = [found for found in search.corrections if found.text != other.text]
            return other
    return search


def any_of(query):
    """Return `query` for pages that have at least one of what it asks for, and nothing that it excludes."""
    parts = query.subqueries if isinstance(query, And) else [query]
    excluded = [part for part in parts if isinstance(part, Not)]
    wanted = [word for part in parts if part not in excluded for word in single_words(part)]
    return joined(And, [joined(Or, wanted), *excluded])


def single_words(query):
    """Yield the parts of a term of several words, and its other ways to be said; else `query` itself."""
    for part in query.subqueries if isinstance(query, Or) else [query]:
        yield from part.subqueries if isinstance(part, And) else [part]


def grouped(links):
    """Return {story: its values} and {value: label}, of rows of (story, value, label)."""
    values, labels = {}, {}
    for story, value, label in links:
        values.setdefault(story, []).append(value)
        labels[value] = label
    return values, labels


def specific_pages(keys):
    """Return {key: page of its own type}, by one query for stories and one for what is none."""
    found = StoryPage.objects.select_related("lead_image").in_bulk(list(keys))
    if others := [key for key in keys if key not in found]:
        pages = Page.objects.filter(pk__in=others).select_related(*OTHER_TYPES)
        found |= {page.pk: getattr(page, page.cached_content_type.model) for page in pages}
    return found
