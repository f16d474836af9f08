"""Search on SQLite, by its full-text extension FTS5."""

from django.db.models import Value
from modelsearch.backends.database.sqlite.query import MatchExpression
from modelsearch.backends.database.sqlite.sqlite import (
    IndexEntry,
    SQLiteAutocompleteQueryCompiler,
    SQLiteFTSIndexEntry,
    SQLiteIndex,
    SQLiteSearchBackend,
    SQLiteSearchQueryCompiler,
    SQLiteSearchResults,
)

from search.backends.common import (
    AnalysingCompiler,
    AnalysingIndex,
    BeginningCompiler,
    RankedResults,
    Syntax,
)


class Matching:
    SYNTAX = Syntax(word='"{}"', beginning='"{}"*', next_word=" ", and_=" AND ", or_=" OR ", and_not=" NOT ")
    # Where the analysed texts of an entry stand.
    TEXTS = ("title", "body")

    def index_entries(self):
        return IndexEntry.objects.all()

    def entries_with(self, match, column):
        texts = SQLiteFTSIndexEntry.objects.filter(MatchExpression([column], Value(match)))
        return self.entries().filter(pk__in=texts.values("index_entry_id"))


class SQLiteCompiler(Matching, AnalysingCompiler, SQLiteSearchQueryCompiler):
    pass


class SQLiteBeginningCompiler(Matching, BeginningCompiler, SQLiteAutocompleteQueryCompiler):
    pass


class Index(AnalysingIndex, SQLiteIndex):
    pass


class Results(RankedResults, SQLiteSearchResults):
    pass


class SQLiteBackend(SQLiteSearchBackend):
    query_compiler_class = SQLiteCompiler
    autocomplete_query_compiler_class = SQLiteBeginningCompiler
    index_class = Index
    results_class = Results
