"""The code that the search backends for SQLite and PostgreSQL share: indexing, queries and ranking.

“Fault:” begins the description of a fault in modelsearch that the code works around. docs/decisions/search.md
lists most of them.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Cast
from modelsearch.backends.base import BaseSearchQueryCompiler, BaseSearchResults
from modelsearch.index import AutocompleteField, RelatedFields, SearchField
from modelsearch.query import And, MatchAll, Not, Or
from modelsearch.utils import get_descendants_content_types_pks
from wagtail.models import Locale, Page
from wagtail.search.models import IndexEntry

from search import ranking
from search.analysis import fold_words, tokenize
from search.known_words import store_known_words
from search.models import KnownWord
from search.parsing import TokenPhrase, analyse_query, prefix_text, replace_texts

LANGUAGES = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]


# --- Indexing ------------------------------------------------------------------------------------


@dataclass
class AnalysedObject:
    """Takes the place of a model instance when its index entry is written: its texts are analysed.

    Fault: the two databases analyse text differently, and neither knows the language of a page. They are
    given tokens between spaces instead.
    """

    # modelsearch asks it for the fields that the search fields below name.
    _meta = IndexEntry._meta

    pk: object
    title: str
    body: str
    autocomplete: str

    @classmethod
    def from_instance(cls, instance, language):
        title, body, autocomplete = [], [], []
        for field, text in iter_texts(instance):
            if isinstance(field, AutocompleteField):
                autocomplete += fold_words(text)
            elif field.field_name == "title":
                title += tokenize(text, language)
            else:
                body += tokenize(text, language)
        # Fault: modelsearch searches title and body together, for which Wagtail's tables on PostgreSQL
        # have no index. The body includes the title here, so that the index of the body is enough.
        return cls(instance.pk, " ".join(title), " ".join([*title, *body]), " ".join(autocomplete))

    @staticmethod
    def get_search_fields():
        return [SearchField("title"), SearchField("body"), AutocompleteField("autocomplete")]


def iter_texts(obj, fields=None):
    """Yield (search field, text) for `fields` of a model instance, or for all its search fields.

    Fields of related objects are included, such as the names of tags.
    """
    for field in obj.get_search_fields() if fields is None else fields:
        if isinstance(field, RelatedFields):
            for related_object in field.get_value(obj).all():
                yield from iter_texts(related_object, field.fields)
        elif isinstance(field, SearchField | AutocompleteField):
            yield field, to_text(field.get_value(obj))


def to_text(value):
    """Return the value of a search field as text; the items of a list are joined."""
    return ", ".join(map(to_text, value)) if isinstance(value, list) else str(value)


class AnalysingIndex:
    """Mixin for modelsearch's index classes: analyses texts before they are written."""

    def delete_stale_entries(self):
        """Also empty the table of known words, to which search.corrections corrects misspelt ones.

        `update_index` calls this before it indexes all pages.
        """
        KnownWord.objects.all().delete()
        super().delete_stale_entries()

    def add_items(self, model, objs):
        """Write the index entries of `objs`, instances of `model`, each analysed in its own language.

        Objects without a locale are analysed as English. The words of live pages are also stored as
        KnownWords.
        """
        languages = {}
        if hasattr(model, "locale_id"):
            languages = dict(Locale.objects.values_list("pk", "language_code"))
        if issubclass(model, Page):
            store_known_words(text for obj in objs if obj.live for _field, text in iter_texts(obj))
        super().add_items(
            model,
            [
                AnalysedObject.from_instance(obj, languages.get(getattr(obj, "locale_id", None), "en"))
                for obj in objs
            ],
        )

    def _refresh_title_norms(self, full=False):
        """Do nothing.

        Fault: each time it writes entries, modelsearch reads the titles of all entries for a number that its
        ranking uses. RankedResults does not need it.
        """


# --- Queries -------------------------------------------------------------------------------------


class AnalysingCompiler(BaseSearchQueryCompiler):
    """Analyses a query and finds the matching objects.

    Each database's subclass has TEXT_COLUMNS, the method entries_matching(), and the syntax of its full-text
    queries: PHRASE and PREFIX_PHRASE are formats with one {} for the tokens, which SEPARATOR joins; the
    latter lets the last token be the beginning of a word. AND, OR and AND_NOT are operators between queries.
    COLUMN is the column of the index that is searched.
    """

    DEFAULT_OPERATOR = "and"
    COLUMN = "body"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # Fault: with fields=["title"], modelsearch fails on SQLite, because its compiler looks for the column
        # in the wrong table.
        if self.fields == ["title"]:
            self.COLUMN = "title"
        self.query_tree = self.analyse()

    def analyse(self):
        return analyse_query(self.query, LANGUAGES)

    def check(self):
        """Accept every filter and order of the queryset.

        Fault: modelsearch refuses those by fields that are not in its index, though the database has them. In
        the admin, a search fails then while a list is filtered by a tag or by whether pages have pages below.
        """

    def search(self):
        """Return a queryset of the matching objects, unranked.

        The newest come first, unless the caller asked for the order of the original queryset and it has one.

        Fault: modelsearch ranks in the same SQL query. On SQLite that searches once more for each row; on
        PostgreSQL it unpacks the whole text of each row. RankedResults ranks afterwards instead.
        """
        queryset = self.queryset
        if self.query_tree is None:
            return queryset.none()
        if isinstance(self.query_tree, Not):
            queryset = queryset.exclude(pk__in=self.matching_pks(self.query_tree.subquery))
        elif not isinstance(self.query_tree, MatchAll):
            queryset = self.filter_matching(queryset, self.query_tree)
        if self.order_by_relevance or not queryset.query.order_by:
            queryset = queryset.order_by("-pk")
        return queryset

    @property
    def can_rank(self):
        return self.order_by_relevance and isinstance(self.query_tree, And | Or | TokenPhrase)

    def entries(self):
        """Return the index entries of the queryset's model and its subclasses, as a queryset."""
        content_types = get_descendants_content_types_pks(self.queryset.model)
        return IndexEntry.objects.filter(content_type_id__in=content_types)

    def filter_matching(self, queryset, query, **conditions):
        """Return the objects of `queryset` whose index entry matches `query`.

        `conditions`: as for matching_pks().
        """
        return queryset.filter(pk__in=self.matching_pks(query, **conditions))

    def compile_query(self, query):
        """Return `query`, a tree of And, Or, Not and TokenPhrases, as text in the database's syntax.

        Fault: on SQLite, modelsearch fails on a quotation mark in a word and on a query without words. Here
        a token has letters and digits only, and a query without tokens is None, which is not compiled.
        """
        if isinstance(query, TokenPhrase):
            pattern = self.PREFIX_PHRASE if query.is_prefix else self.PHRASE
            return pattern.format(self.SEPARATOR.join(query.tokens))
        if isinstance(query, Or):
            return f"({self.OR.join(map(self.compile_query, query.subqueries))})"
        wanted = [part for part in query.subqueries if not isinstance(part, Not)]
        unwanted = [part.subquery for part in query.subqueries if isinstance(part, Not)]
        text = f"({self.AND.join(map(self.compile_query, wanted))})"
        return f"({text}{self.AND_NOT}{self.compile_query(Or(unwanted))})" if unwanted else text

    def matching_pks(self, query, column=None, **conditions):
        """Return the primary keys of the objects whose index entry matches `query`, as a queryset.

        `column`: the column of the index to search instead of COLUMN. `conditions`: further ones, as for
        filter(), that the index entries meet.
        """
        # compile_query() takes a Not only as a part of an And.
        query = query if isinstance(query, TokenPhrase | Or) else And(getattr(query, "subqueries", [query]))
        entries = self.entries_matching(self.compile_query(query), column or self.COLUMN)
        # Index entries have primary keys as strings. The primary key of a page model, such as StoryPage, is a
        # relation to Page, so its type is that of the target.
        pk = self.queryset.model._meta.pk
        while pk.is_relation:
            pk = pk.target_field
        return entries.filter(**conditions).values_list(Cast("object_id", type(pk)()), flat=True)


class PrefixMatching:
    """Mixin for AnalysingCompilers of autocompletion: the last word may be the beginning of a word."""

    COLUMN = "autocomplete"

    def analyse(self):
        return replace_texts(self.query, prefix_text)


class RankedResults(BaseSearchResults):
    """Results in the order of search.ranking."""

    supports_facet = True

    def _do_search(self):
        """Return the objects between `self.start` and `self.stop` as a list, the best match first.

        Fault: the two databases rank differently, and SQLite's rank is wrong for several words.
        """
        compiler = self.query_compiler
        matches = compiler.search()
        if not compiler.can_rank:
            return list(matches[self.start : self.stop])
        ranked_pks = ranking.rank(list(matches.values_list("pk", flat=True)), compiler)
        pks = ranked_pks[self.start : self.stop]
        objects = {obj.pk: obj for obj in matches.filter(pk__in=pks)}
        # One may be deleted between the two queries.
        return [objects[pk] for pk in pks if pk in objects]

    def _do_count(self):
        return self.query_compiler.search()[self.start : self.stop].count()

    def facet(self, field_name):
        """Return {value of the field: number of objects}, as Wagtail's list of found pages needs it."""
        rows = self.query_compiler.search().values_list(field_name)
        return dict(rows.annotate(number=Count("pk")).order_by("-number"))
