"""How the databases plan the queries of a search with many stories, and how many of these are results.

PostgreSQL's plans of the queries of lists, the sitemap and the home page are tested here, too.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from search import finding
from tests.support.builders import make_story, parse
from tests.support.copies import copy_story
from tests.support.queries import update_statistics

# committed: as in a request, the queries get the hidden paths from the cache (publishing/visibility.py). In a
# transaction, they would find these in a subquery.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committed")]

# SQLite has no statistics here, so it plans alike for any number.
NUMBER = 10_000 if connection.vendor == "postgresql" else 100
# Searches for a common word, two of them, a term with synonyms, one with filters, by date, with an exclusion,
# with a misspelt word and without results; and suggestions.
SEARCHES = ["lantern", "lantern+boat", "bonded+labour", "lantern&country=kenya&theme=law"]
SEARCHES += ["lantern&sort=date", "lantern+-zeppelin", "lantren", "xylophone"]
ADDRESSES = [*(f"/search/?q={words}" for words in SEARCHES), "/search/suggestions/?q=lant"]
# Lists whole, filtered and of a term; the sitemap, the home page, and the search page without a search.
LISTS = ["", "?theme=law", "?country=kenya&theme=law&year=2020", "theme/law/", "country/kenya/"]
OTHER_ADDRESSES = [*(f"/stories/{each}" for each in LISTS), "/sitemap.xml", "/", "/search/"]

# The tables with rows for each story.
TABLES = ["wagtailcore_page", "stories_storypage", "safeguarding_release", "stories_storycountry"]
TABLES += ["stories_storytheme", "wagtailsearch_indexentry"]

# How plans show a subquery that is a lookup of one row by its primary key. It does not depend on the number
# of rows.
KEY_LOOKUP = {
    "sqlite": re.compile(r"SEARCH \w+ USING INTEGER PRIMARY KEY \(rowid=\?\)$"),
    "postgresql": re.compile(
        r"^\s*(SubPlan \d+)\n\s*->  (?:Index (?:Only )?Scan using|"
        r"Bitmap Heap Scan .+\n(?:\s+\w.+\n)+\s*->  Bitmap Index Scan on) \w+_pkey\b",
        re.MULTILINE,
    ),
}


def add_stories(story, copies=NUMBER):
    """Add `copies` copies of `story`. Their paths of eight digits more are two levels down the tree."""
    path = "path || CAST(10000000 + number AS text)"
    copy_story(story, copies, {"path": path, "depth": "depth + 2"})


def drop_unused_space():
    """Rewrite PostgreSQL's tables of stories without the space of rows that earlier tests have rolled back.

    Otherwise it would count no rows in many blocks on the disk, and underestimate the added ones.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CLUSTER {table} USING {table}_pkey")


def statements_of(client, addresses, table=""):
    """Return the distinct SELECT statements, with values, of the pages at `addresses` that read `table`."""
    with CaptureQueriesContext(connection) as queries:
        for address in addresses:
            assert client.get(address).status_code == 200, address
    return {each["sql"] for each in queries if each["sql"].startswith("SELECT") and table in each["sql"]}


def explain(sql, options=""):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {options} {sql}")
        return cursor.fetchall()


def subqueries_for_each_row(sql):
    """Return the names of the subqueries in the plan of `sql` that are run once for each row.

    Those that only look up one row by its primary key, as for the Release of a page, are left out.
    """
    if connection.vendor == "sqlite":
        plan = [(number, parent, text) for number, parent, _unused, text in explain(sql, "QUERY PLAN")]
        lookups = {parent for _number, parent, text in plan if KEY_LOOKUP["sqlite"].match(text)}
        return [text for number, _parent, text in plan if "CORRELATED" in text and number not in lookups]
    plan = "\n".join(line for (line,) in explain(sql, "(VERBOSE, COSTS OFF)"))
    # A subplan in a hash table is run once, as is an InitPlan.
    once = set(re.findall(r"hashed (SubPlan \d+)", plan)) | set(KEY_LOOKUP["postgresql"].findall(plan))
    return sorted(set(re.findall(r"^\s*(SubPlan \d+)", plan, re.MULTILINE)) - once)


def most_rows_of_a_step(plan):
    """Return the most rows that one step of PostgreSQL's `plan`, after EXPLAIN ANALYZE as JSON, looked at."""
    removed = [plan.get(f"Rows Removed by {name}", 0) for name in ("Filter", "Join Filter")]
    rows = (plan["Actual Rows"] + sum(removed)) * plan["Actual Loops"]
    return max([rows, *map(most_rows_of_a_step, plan.get("Plans", []))])


def assert_reads_few_rows(sql, stories=NUMBER):
    """Assert that no step of PostgreSQL's plan of `sql` looks at more rows than four times `stories`.

    A good plan looks at each page once, or once in each of up to three processes. One that repeats a step
    looks at millions of rows.
    """
    # One row with one column, which is a JSON list of one plan.
    [[[result]]] = explain(sql, "(ANALYZE, TIMING OFF, FORMAT JSON)")
    assert most_rows_of_a_step(result["Plan"]) < 4 * stories, sql


def make_lantern_story():
    """Return a story that has all the words of the searches in its title."""
    return make_story("A lantern, a boat, bonded labour", countries=["KE"], themes=["Law"])


def test_no_search_runs_a_subquery_for_each_row(client):
    drop_unused_space()
    story, index = make_lantern_story(), "wagtailsearch_indexentry"
    update_statistics()
    statements = statements_of(client, ADDRESSES, index)
    add_stories(story)
    for sql in statements:
        assert not subqueries_for_each_row(sql), ("the statistics are older than the stories", sql)
    update_statistics()
    for sql in statements_of(client, ADDRESSES, index):
        assert not subqueries_for_each_row(sql), sql
        if connection.vendor == "postgresql":
            # A join can repeat a subquery, too.
            assert_reads_few_rows(sql)
    if connection.vendor == "postgresql":  # SQLite looks up the Release of each page.
        statements = statements_of(client, ["/search/?q=lantren", "/search/suggestions/?q=lant"])
        # Lookups of words by Searcher (search/finding.py), and of titles (search/suggestions.py).
        of_words = [sql for sql in statements if sql.startswith(("SELECT (SELECT", "SELECT EXISTS"))]
        by_title = [sql for sql in statements if "safeguarding_release" in sql and '"autocomplete"' in sql]
        assert of_words and by_title
        for plan in (str(explain(sql)) for sql in of_words + by_title):
            assert "Seq Scan on safeguarding_release" not in plan, "it reads all Releases for few pages"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has statistics here")
def test_no_page_takes_long_with_the_statistics_of_an_empty_database(client):
    drop_unused_space()
    update_statistics()
    add_stories(make_lantern_story(), copies=2000)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1min'")  # With a bad plan, a statement takes longer.
    for sql in statements_of(client, ADDRESSES + OTHER_ADDRESSES):
        assert_reads_few_rows(sql, stories=2000)


@pytest.mark.usefixtures("filters_on_short_lists")
def test_the_newest_of_too_many_matches_are_the_results(client, monkeypatch):
    monkeypatch.setattr(finding, "MAX_MATCHES", 2)
    for year, country in ((2021, "KE"), (2024, "SN"), (2023, "IN")):
        make_story(f"Lantern of {year}", date=f"{year}-01-01", countries=[country])
    page = parse(client.get("/search/?q=lantern"))
    found = {link.text for link in page.select(".result .card__title a")}
    assert found == {"Lantern of 2024", "Lantern of 2023"}
    assert "2 results" in page.select_one(".listing__count").text
    assert "More than 2 pages match. Only the newest 2 of them are shown" in page.select_one(".note").text
    facets = page.select_one(".listing__filters").text
    assert ("Senegal" in facets, "India" in facets, "Kenya" in facets) == (True, True, False)
    assert parse(client.get("/search/?q=lantern+senegal")).select_one(".note") is None
