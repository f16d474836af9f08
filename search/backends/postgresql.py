"""The search backend for PostgreSQL, on its full-text search types tsvector and tsquery."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Lookup, Subquery
from modelsearch.backends.database.postgres.postgres import PostgresIndex, PostgresSearchBackend

from search.backends.common import AnalysingCompiler, AnalysingIndex, PrefixMatching, RankedResults

# The text search configuration that changes nothing: texts are analysed before they reach PostgreSQL.
CONFIG = "simple"


class OpaqueSearchQuery(SearchQuery):
    """A search query in a subquery, so that PostgreSQL's planner cannot see its words.

    For a word that most entries have, the planner would read the whole table instead of the index. It
    ignores that each text must then be fetched and unpacked: 16 times slower with 10,000 stories.
    """

    def as_sql(self, *args, **kwargs):
        sql, params = super().as_sql(*args, **kwargs)
        return f"(SELECT {sql})", params


class InHashTable(Lookup):
    """Whether the left side is in the column that the subquery on the right side returns.

    PostgreSQL runs the subquery once and keeps its rows in a hash table. It may turn a plain IN into a join,
    and with old statistics into one that runs the subquery again for each row. IS TRUE prevents the join.
    """

    def as_sql(self, compiler, connection):
        value, value_params = self.process_lhs(compiler, connection)
        subquery, subquery_params = compiler.compile(self.rhs)
        return f"({value} IN {subquery}) IS TRUE", (*value_params, *subquery_params)


class PostgreSQLCompiler(AnalysingCompiler):
    # 'a' <-> 'b': b follows a. This binds tighter than & and |.
    PHRASE, PREFIX_PHRASE, SEPARATOR = "'{}'", "'{}':*", "' <-> '"
    AND, OR, AND_NOT = " & ", " | ", " & !"
    # The columns of an index entry with the analysed title and body.
    TEXT_COLUMNS = ("title_text", "body_text")

    def filter_matching(self, queryset, query, **conditions):
        pks = Subquery(self.matching_pks(query, **conditions))
        return queryset.filter(InHashTable(F("pk"), pks))

    def entries_matching(self, query_text, column):
        query = OpaqueSearchQuery(query_text, search_type="raw", config=CONFIG)
        return self.entries().filter(**{column: query})


class PostgreSQLPrefixCompiler(PrefixMatching, PostgreSQLCompiler):
    pass


class Index(AnalysingIndex, PostgresIndex):
    pass


class PostgreSQLBackend(PostgresSearchBackend):
    query_compiler_class = PostgreSQLCompiler
    autocomplete_query_compiler_class = PostgreSQLPrefixCompiler
    index_class = Index
    results_class = RankedResults

    def __init__(self, params):
        super().__init__(params | {"SEARCH_CONFIG": CONFIG})
