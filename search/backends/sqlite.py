"""The search backend for SQLite, on its full-text search extension FTS5."""

from django.db.models import Value
from modelsearch.backends.database.sqlite.query import MatchExpression
from modelsearch.backends.database.sqlite.sqlite import SQLiteIndex, SQLiteSearchBackend
from wagtail.search.models import SQLiteFTSIndexEntry

from search.backends.common import AnalysingCompiler, AnalysingIndex, PrefixMatching, RankedResults


class SQLiteCompiler(AnalysingCompiler):
    PHRASE, PREFIX_PHRASE, SEPARATOR = '"{}"', '"{}"*', " "
    AND, OR, AND_NOT = " AND ", " OR ", " NOT "
    # The columns of an index entry with the analysed title and body.
    TEXT_COLUMNS = ("title", "body")

    def entries_matching(self, query_text, column):
        texts = SQLiteFTSIndexEntry.objects.filter(MatchExpression([column], Value(query_text)))
        return self.entries().filter(pk__in=texts.values("index_entry_id"))


class SQLitePrefixCompiler(PrefixMatching, SQLiteCompiler):
    pass


class Index(AnalysingIndex, SQLiteIndex):
    pass


class SQLiteBackend(SQLiteSearchBackend):
    query_compiler_class = SQLiteCompiler
    autocomplete_query_compiler_class = SQLitePrefixCompiler
    index_class = Index
    results_class = RankedResults
