"""Search on PostgreSQL, by its text search types."""

from django.contrib.postgres.search import SearchQuery
from modelsearch.backends.database.postgres.postgres import (
    IndexEntry,
    PostgresAutocompleteQueryCompiler,
    PostgresIndex,
    PostgresSearchBackend,
    PostgresSearchQueryCompiler,
    PostgresSearchResults,
)

from search.backends.common import (
    AnalysingCompiler,
    AnalysingIndex,
    BeginningCompiler,
    RankedResults,
    Syntax,
)

# Texts are analysed before they come here: PostgreSQL takes each word as it is.
CONFIG = "simple"


class UnplannedQuery(SearchQuery):
    """A query that PostgreSQL's planner does not see.

    Fault: for a word that most entries have, the planner reads the table and not the index. It does not
    know that each text must then be fetched and unpacked: at 10,000 stories that takes 16 times as long.
    """

    def as_sql(self, *args, **kwargs):
        sql, params = super().as_sql(*args, **kwargs)
        return f"(SELECT {sql})", params


class Matching:
    SYNTAX = Syntax(
        word="('{}')", beginning="'{}':*", next_word="' <-> '", and_=" & ", or_=" | ", and_not=" & !"
    )
    # Where the analysed texts of an entry stand.
    TEXTS = ("title_text", "body_text")

    def index_entries(self):
        return IndexEntry.objects.all()

    def entries_with(self, match, column):
        query = UnplannedQuery(match, search_type="raw", config=CONFIG)
        return self.entries().filter(**{column: query})


class PostgreSQLCompiler(Matching, AnalysingCompiler, PostgresSearchQueryCompiler):
    pass


class PostgreSQLBeginningCompiler(Matching, BeginningCompiler, PostgresAutocompleteQueryCompiler):
    pass


class Index(AnalysingIndex, PostgresIndex):
    pass


class Results(RankedResults, PostgresSearchResults):
    pass


class PostgreSQLBackend(PostgresSearchBackend):
    query_compiler_class = PostgreSQLCompiler
    autocomplete_query_compiler_class = PostgreSQLBeginningCompiler
    index_class = Index
    results_class = Results

    def __init__(self, params):
        super().__init__(params | {"SEARCH_CONFIG": CONFIG})
