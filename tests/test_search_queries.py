"""What visitors type finds the story they mean: search_queries.csv, and countries taken by chance.

The stories are the demonstration's nine among 200 others (see distractors.py). search_first_results.csv
says what comes first for each query, on either database. When queries change, write it anew with

    RECORD=1 make test ARGS="sqlite tests/test_search_queries.py"
"""

import csv
import os
import random
from itertools import chain
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings

from home import demo_site
from stories.models import StoryPage
from tests import distractors
from tests.builders import make_story, parse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rough_pictures")]

HERE = Path(__file__).parent
QUERIES = HERE / "search_queries.csv"
FIRST_RESULTS = HERE / "search_first_results.csv"
COUNTRY_TERMS = settings.BASE_DIR / "search" / "data" / "country_terms.csv"
SEED = int(os.environ.get("SEARCH_SEED", "4"))
CHOSEN = 30
# Of the queries, those with the same first result as on the other database.
ALIKE = 0.95


def read(path):
    """Return the rows of a CSV file as dictionaries."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def country_queries():
    """Return {ISO code: a demonym or alias} of CHOSEN countries, the demonstration's own left out."""
    terms = {
        row["code"]: "; ".join(filter(None, [row["en"], row["fr"], row["es"]])).split("; ")
        for row in read(COUNTRY_TERMS)
        if row["code"] not in distractors.TAKEN
    }
    chance = random.Random(SEED)  # noqa: S311 - no secret
    return {code: chance.choice(terms[code]) for code in chance.sample(sorted(terms), CHOSEN)}


def build_site(chosen):
    """Fill the site; return {ISO code: slug of the one story about it} for the `chosen` countries."""
    demo_site.load()
    # Making the renditions of their pictures takes longer than all else here.
    StoryPage.objects.update(lead_image=None)
    make_story("The ferry timetable", authors=["Ñusta Villacañas"])
    distractors.add_stories(200, leave_out=chosen)
    return distractors.add_story_for_each(chosen)


def ask(client, words):
    """Return the slugs of the results for `words`, the best first, and those that “Did you mean” leads to."""
    page = parse(client.get(f"/search/?{urlencode({'q': words})}"))
    hints = [hint for hint in page.select(".search-hint") if "Did you mean" in hint.text]
    links = [link["href"] for hint in hints for link in hint.select("a")]
    corrected = [slugs_in(parse(client.get(f"/search/{link}")))[:5] for link in links]
    return slugs_in(page), list(chain.from_iterable(corrected))


def slugs_in(page):
    return [link["href"].rstrip("/").rsplit("/", 1)[-1] for link in page.select(".result .card__title a")]


def test_each_query_finds_its_story_and_both_databases_show_the_same_first(client):
    chosen = country_queries()
    stories = build_site(chosen)
    wanted = [(row["query"], row["kind"], row["expected"]) for row in read(QUERIES)]
    wanted += [(term, f"country {code}", stories[code]) for code, term in chosen.items()]
    missed, first = [], {}
    for query, kind, expected in wanted:
        found, corrected = ask(client, query)
        first[query] = next(iter([*found, *corrected]), "")
        if expected not in [*found[:5], *(corrected if kind == "typo" else [])]:
            missed.append(f"{query:40} {kind:16} {expected}: found {' '.join(found[:5]) or 'nothing'}")
    if os.environ.get("RECORD"):
        record(first)
    different = unlike_recorded(first)
    problems = (
        [f"{len(missed)} of {len(wanted)} not among the first five, seed {SEED}", *missed] if missed else []
    )
    if len(different) > len(first) * (1 - ALIKE):
        problems += ["other first results than recorded, by the other database:", *different]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def unlike_recorded(first):
    """Return where `first`, {query: slug}, is not as recorded."""
    recorded = {row["query"]: row["slug"] for row in read(FIRST_RESULTS)}
    # With another seed, other countries are asked for.
    queries = {row["query"] for row in read(QUERIES)} | (recorded.keys() & first.keys())
    return [f"{q}: {first[q]}, not {recorded.get(q)}" for q in sorted(queries) if first[q] != recorded.get(q)]


def record(first):
    with FIRST_RESULTS.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["query", "slug"])
        rows.writerows(first.items())
