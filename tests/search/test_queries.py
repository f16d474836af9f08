"""Search quality: each query finds the story that a visitor would expect, on both databases.

The queries are those of search_queries.csv, and demonyms and aliases of randomly chosen countries. In that
file, `kind` says what is difficult about the query, and `expected` is the slug of the story that has to be
among the first five results; for a typo, the results of its corrections count too. The stories are the nine
of the demonstration site, one for the queries of the kind "author", and one for each of those countries,
among 200 generated ones (tests/support/distractors.py).

search_first_results.csv records the first result of each query, so that both databases can be compared.
When queries change, record it again with

    RECORD=1 make test ARGS="sqlite tests/search/test_queries.py"

The queries of reader_queries.csv were written by people who had seen no more than the demonstration site.
They are searched for on that site, in the language of `site_language`. `expected` has the slugs of pages of
which one should be the first link below the search form, whatever it is a part of: help, a promoted line, a
result, or a result in another language.
"""

import csv
import os
import random
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from wagtail.models import Page

from home import demo_site
from search import finding, forms
from tests.support import builders, committed, distractors
from tests.support.queries import update_statistics

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_pictures")]

HERE = Path(__file__).parent
QUERIES = HERE / "search_queries.csv"
FIRST_RESULTS = HERE / "search_first_results.csv"
READER_QUERIES = HERE / "reader_queries.csv"
COUNTRY_TERMS = settings.BASE_DIR / "search" / "data" / "country_terms.csv"
# The seed of the random choice of countries.
SEED = int(os.environ.get("SEARCH_SEED", "4"))
NUMBER_OF_COUNTRIES = 30
# The share of queries whose first result must be the one recorded.
MIN_SAME_FIRST_RESULTS = 0.95
# The shares of the queries of readers whose page must be the first, and among the first five.
MIN_FIRST, MIN_AMONG_FIVE = 0.85, 0.97
# The links to pages below the search form, in the order of the page.
PAGE_LINKS = ".help-first h2 a, .promoted a:not([href^=mailto]), .results a"


def read(path):
    """Return the rows of a CSV file as dictionaries."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def country_queries():
    """Return {ISO code: a demonym or alias} of random countries that the demonstration does not use."""
    terms = {
        row["code"]: "; ".join(filter(None, [row["en"], row["fr"], row["es"]])).split("; ")
        for row in read(COUNTRY_TERMS)
        if row["code"] not in distractors.DEMO_COUNTRIES
    }
    rng = random.Random(SEED)  # noqa: S311 - no secret
    return {code: rng.choice(terms[code]) for code in rng.sample(sorted(terms), NUMBER_OF_COUNTRIES)}


def build_site(codes):
    """Fill the site; return {ISO code: slug of the only story about the country} for `codes`."""
    demo_site.load()
    builders.make_story("The ferry timetable", authors=["Ñusta Villacañas"])
    distractors.add_stories(200, exclude=codes)
    slugs = distractors.add_story_for_each(codes)
    # Without it, PostgreSQL may plan with the statistics of an earlier test, of an empty database.
    update_statistics()
    return slugs


def search(words, slugs):
    """Return the slugs of the first five results for `words`, and the texts of the offered corrections.

    `slugs`: {primary key: slug} of all pages. Other parts of the search page, such as facets, are not made.
    """
    form = forms.SearchForm({"q": words})
    assert form.is_valid()
    found = finding.find_or_fall_back(form)
    corrections = found.offered_corrections if found.is_fallback or not found.rows else []
    return [slugs[pk] for pk in found.ordered_pks[:5]], [correction.text for correction in corrections]


def test_each_query_finds_its_story_and_has_the_recorded_first_result():
    countries = country_queries()
    stories = build_site(countries)
    queries = [(row["query"], row["kind"], row["expected"]) for row in read(QUERIES)]
    queries += [(term, f"country {code}", stories[code]) for code, term in countries.items()]
    slugs = dict(Page.objects.values_list("pk", "slug"))
    missed, first_results = [], {}
    with committed.caches_in_use():
        for query, kind, expected in queries:
            found, corrections = search(query, slugs)
            corrected = [slug for correction in corrections for slug in search(correction, slugs)[0]]
            first_results[query] = next(iter([*found, *corrected]), "")
            if expected not in [*found, *(corrected if kind == "typo" else [])]:
                missed.append(f"{query:40} {kind:16} {expected}: found {' '.join(found) or 'nothing'}")
    if os.environ.get("RECORD"):
        with FIRST_RESULTS.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("query", "slug"), *first_results.items()])
    different = find_different(first_results)
    if missed or len(different) > len(first_results) * (1 - MIN_SAME_FIRST_RESULTS):
        problems = [f"{len(missed)} of {len(queries)} not among the first five, seed {SEED}", *missed]
        problems += ["first results other than those recorded, on the other database:", *different]
        pytest.fail("\n".join(problems), pytrace=False)


def find_different(first_results):
    """Return a line for each of `first_results`, {query: slug}, that differs from the recorded one."""
    recorded = {row["query"]: row["slug"] for row in read(FIRST_RESULTS)}
    # With another seed, there are queries for other countries, which are not recorded.
    queries = {row["query"] for row in read(QUERIES)} | (recorded.keys() & first_results.keys())
    rows = [(query, first_results[query], recorded.get(query)) for query in sorted(queries)]
    return [f"{query}: {found}, not {known}" for query, found, known in rows if found != known]


def test_queries_of_readers_find_their_pages(client):
    demo_site.load()
    update_statistics()
    ranks, problems = [], []
    with committed.caches_in_use():
        for row in read(READER_QUERIES):
            language = row["site_language"]
            page = client.get("/search/" if language == "en" else f"/{language}/search/", {"q": row["query"]})
            links = [unquote(link["href"]).rstrip("/") for link in builders.parse(page).select(PAGE_LINKS)]
            slugs = list(dict.fromkeys(link.rpartition("/")[2] for link in links))
            places = [slugs.index(slug) + 1 for slug in row["expected"].split() if slug in slugs]
            ranks.append(min(places, default=len(links) + 99))
            if ranks[-1] > 1:
                problems.append(f"{ranks[-1]:4} {row['query']}: {' '.join(slugs[:5]) or 'nothing'}")
    first, among_five = (sum(rank <= limit for rank in ranks) / len(ranks) for limit in (1, 5))
    if first < MIN_FIRST or among_five < MIN_AMONG_FIVE:
        shares = f"first {first:.1%}, among the first five {among_five:.1%}"
        pytest.fail("\n".join([shares, *problems]), pytrace=False)
