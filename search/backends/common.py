"""What both backends do differently from modelsearch's, each change with the fault that it mends."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Manager
from django.db.models.functions import Cast
from modelsearch.index import AutocompleteField, RelatedFields, SearchField
from modelsearch.query import And, MatchAll, Not, Or
from modelsearch.utils import get_descendants_content_types_pks
from wagtail.models import Locale, Page

from search import ranking
from search.analysis import fold_words, tokenize
from search.corrections import remember
from search.models import KnownWord
from search.queries import Tokens, analysed, beginning

LANGUAGES = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]


# --- What is written -----------------------------------------------------------------------------


class Text(SearchField):
    """A text of an IndexedObject."""

    def get_value(self, obj):
        return getattr(obj, self.field_name)


class Beginnings(AutocompleteField):
    def get_value(self, obj):
        return getattr(obj, self.field_name)


@dataclass
class IndexedObject:
    """An object as its index entry has it: every text analysed.

    Fault: neither database analyses text as the other does, and neither knows in which language a
    page is. Here the analysis is done before.
    """

    pk: object
    title: str
    body: str
    autocomplete: str

    @classmethod
    def of(cls, obj, language):
        title, body, beginnings = [], [], []
        for field, text in texts_of(obj):
            if isinstance(field, AutocompleteField):
                beginnings += fold_words(text)
            elif field.field_name == "title":
                title += tokenize(text, language)
            else:
                body += tokenize(text, language)
        # Fault: modelsearch looks in the title and the body together, for which Wagtail's tables on
        # PostgreSQL have no index. With the title in the body too, the index of the body is enough.
        return cls(obj.pk, " ".join(title), " ".join([*title, *body]), " ".join(beginnings))

    @staticmethod
    def get_search_fields():
        return [Text("title"), Text("body"), Beginnings("autocomplete")]


def texts_of(obj, fields=None):
    """Yield (field, text) for all that is searched of `obj`, or for its search `fields` alone."""
    for field in obj.get_search_fields() if fields is None else fields:
        if isinstance(field, RelatedFields):
            related = field.get_value(obj)
            related = related.all() if isinstance(related, Manager) else [related] if related else []
            for one in related:
                yield from texts_of(one, field.fields)
        elif isinstance(field, SearchField | AutocompleteField):
            yield field, as_text(field.get_value(obj))


def as_text(value):
    if isinstance(value, dict):
        value = list(value.values())
    return ", ".join(map(as_text, value)) if isinstance(value, list) else str(value)


class AnalysingIndex:
    def delete_stale_entries(self):
        """Start to build the index anew: its pages will bring their words with them."""
        KnownWord.objects.all().delete()
        super().delete_stale_entries()

    def add_items(self, model, objs):
        """Write the index entries of `objs`, each in the words of its own language."""
        languages = {}
        if hasattr(model, "locale_id"):
            languages = dict(Locale.objects.values_list("pk", "language_code"))
        if issubclass(model, Page):
            remember(text for obj in objs if obj.live for _field, text in texts_of(obj))
        super().add_items(
            model,
            [IndexedObject.of(obj, languages.get(getattr(obj, "locale_id", None), "en")) for obj in objs],
        )

    def _refresh_title_norms(self, full=False):
        """Do nothing.

        Fault: whenever an entry is written, modelsearch reads the titles of all of them, for a number by
        which it ranks. Results are ranked otherwise here, see `ranked`.
        """


# --- What is asked -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Syntax:
    """How a database writes its queries; `{}` stands for a part of one."""

    word: str
    beginning: str
    next_word: str
    and_: str
    or_: str
    and_not: str


def written(query, syntax):
    """Return `query`, of And, Or, Not and Tokens, in a database's own words.

    Faults: on SQLite a quotation mark in a word ends in an error, and a query without a word too.
    Tokens hold letters and digits only, and there is always one.
    """
    if isinstance(query, Tokens):
        pattern = syntax.beginning if query.is_prefix else syntax.word
        return pattern.format(syntax.next_word.join(query.words))
    if isinstance(query, Or):
        return f"({syntax.or_.join(written(part, syntax) for part in query.subqueries)})"
    wanted = [part for part in query.subqueries if not isinstance(part, Not)]
    unwanted = [part.subquery for part in query.subqueries if isinstance(part, Not)]
    text = f"({syntax.and_.join(written(part, syntax) for part in wanted)})"
    return f"({text}{syntax.and_not}{written(Or(unwanted), syntax)})" if unwanted else text


class AnalysingCompiler:
    """Turns a query into the condition that an index entry holds what it asks for."""

    COLUMN = "body"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # Fault: asked for one field, modelsearch fails on SQLite, where the entry has no such column.
        if self.fields == ["title"]:
            self.COLUMN = "title"
        self.tree = self.analyse()

    def analyse(self):
        return analysed(self.query, LANGUAGES)

    def search(self, config, start, stop, score_field=None, backend=None):
        """Return the objects that match, in the order of the queryset or the newest first.

        Fault: modelsearch ranks in the same query: on SQLite it searches once more for each row, and
        on PostgreSQL it unpacks the whole text of each. Results are ranked afterwards, see `ranked`.
        """
        queryset = self.queryset
        if self.tree is None:
            return queryset.none()
        if isinstance(self.tree, Not):
            queryset = queryset.exclude(pk__in=self.matching(self.tree.subquery))
        elif not isinstance(self.tree, MatchAll):
            queryset = queryset.filter(pk__in=self.matching(self.tree))
        if self.order_by_relevance or not queryset.query.order_by:
            queryset = queryset.order_by("-pk")
        return queryset[start:stop]

    @property
    def can_rank(self):
        return self.order_by_relevance and isinstance(self.tree, And | Or | Tokens)

    def entries(self):
        content_types = get_descendants_content_types_pks(self.queryset.model)
        return self.index_entries().filter(content_type_id__in=content_types)

    def matching(self, query, column=None):
        """Return the keys of the objects whose index entry holds `query`, as a subquery."""
        query = query if isinstance(query, Tokens | Or) else And(getattr(query, "subqueries", [query]))
        entries = self.entries_with(written(query, self.SYNTAX), column or self.COLUMN)
        pk = self.queryset.model._meta.pk
        while pk.is_relation:
            pk = pk.target_field
        return entries.values_list(Cast("object_id", type(pk)()), flat=True)


class BeginningCompiler(AnalysingCompiler):
    COLUMN = "autocomplete"

    def analyse(self):
        return beginning(self.query)


class RankedResults:
    def _do_search(self):
        """Return the objects between the limits, the best first.

        Fault: the two databases rank in different ways, of which SQLite's is wrong for several words.
        """
        compiler = self.query_compiler
        if not compiler.can_rank:
            return super()._do_search()
        matches = compiler.search(None, None, None)
        order = ranking.ranked(list(matches.values_list("pk", flat=True)), compiler)
        wanted = order[self.start : self.stop]
        found = {obj.pk: obj for obj in matches.filter(pk__in=wanted)}
        return [found[pk] for pk in wanted if pk in found]
