"""Measures the search in the database of DATABASE_URL, beside plain modelsearch; see bench.py.

    python -m tests.bench_search 100 1000

It works in a test database, which it makes and destroys.
"""

import gc
import json
import math
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402
from wagtail.models import Locale, Page  # noqa: E402
from wagtail.search.backends import get_search_backend  # noqa: E402

from publishing.visibility import published_pages  # noqa: E402
from search.finding import Search  # noqa: E402
from search.forms import SearchForm  # noqa: E402
from stories.models import StoryPage  # noqa: E402
from tests import distractors  # noqa: E402

WORDS_OF_A_STORY = 600
WARM_UP, RUNS = 3, 30
# What would take longer than so many seconds in all is asked less often, without warming up.
PATIENCE = 20
PLAIN = "wagtail.search.backends.database"
COMMON, TWO_COMMON, RARE, MISSPELT, BEGINNING = (
    "work",
    "people market",
    "ypsilantra",
    "govrenment offcie",
    "fish",
)


def main(sizes):
    setup_test_environment()
    if connection.vendor == "sqlite":
        # In a file, as the site has it.
        settings.DATABASES["default"]["TEST"]["NAME"] = f"{settings.DATABASES['default']['NAME']}.test"
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        for size in sizes:
            missing = size - StoryPage.objects.count()
            distractors.add_stories(missing, words=WORDS_OF_A_STORY, seed=size, indexed=False)
            measure(size)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(size):
    """Print how long each question takes with `size` stories."""
    # Each size adds one with it.
    Page.objects.filter(pk=StoryPage.objects.order_by("-pk")[size // 2].pk).update(title=f"Of {RARE}")
    questions = {"common word": COMMON, "two common words": TWO_COMMON, "rare word": RARE}

    plain_index = build_index(get_search_backend(PLAIN))
    plain = {name: timed(lambda words=words: ask_plain(words)) for name, words in questions.items()}
    ours_index = build_index(get_search_backend())
    for name, words in questions.items():
        report(size, name, timed(lambda words=words: ask(words)), plain[name])
    client = Client()
    page = f"/search/?q={COMMON}"
    report(size, "whole page", timed(lambda: get(client, page)))
    suggestions = f"{reverse('search_suggestions')}?q={BEGINNING}"
    report(size, "suggestions", timed(lambda: get(client, suggestions)))
    report(size, "did you mean", timed(correct))
    with CaptureQueriesContext(connection) as queries:
        get(client, page)
    report(size, "queries of a page", [len(queries)])
    report(size, "index, in seconds", [ours_index], [plain_index])


def build_index(backend):
    """Index all stories anew; return how many seconds it took."""
    started = time.perf_counter()
    backend.get_index_for_model(StoryPage).reset()
    distractors.add_to_index(StoryPage.objects.all(), backend)
    took = time.perf_counter() - started
    if connection.vendor == "postgresql":
        # Autovacuum does it on a site.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return took


# --- The questions -------------------------------------------------------------------------------


def form_for(words):
    form = SearchForm({"q": words})
    assert form.is_valid()
    return form


def ask(words):
    """Ask for the first page of results and their number, without facets."""
    search = Search(form_for(words))
    assert len(search.get_page(1)) and search.count


def ask_plain(words):
    """Ask modelsearch's own backend the same."""
    pages = Page.objects.filter(pk__in=published_pages(), locale=Locale.get_active()).specific()
    results = pages.search(words, operator="and", backend=PLAIN)
    assert len(results[:10]) and results.count()


def get(client, address):
    assert client.get(address).status_code == 200


def correct():
    assert Search(form_for(MISSPELT)).corrections


# --- Time ----------------------------------------------------------------------------------------


def timed(question):
    """Return the milliseconds that each of many runs of `question` took, when all is warm."""
    started = time.perf_counter()
    question()
    first = time.perf_counter() - started
    if first > PATIENCE:
        return [first * 1000]
    runs = min(RUNS, round(PATIENCE / first))
    for _run in range(WARM_UP - 1 if runs == RUNS else 0):
        question()
    gc.collect()
    gc.disable()
    took = []
    for _run in range(runs):
        started = time.perf_counter()
        question()
        took.append((time.perf_counter() - started) * 1000)
    gc.enable()
    return took


def report(size, question, took, plain=None):
    row = {"database": connection.vendor, "stories": size, "question": question}
    row |= {"p50": at(took, 0.5), "p99": at(took, 0.99)}
    if plain:
        row |= {"plain_p50": at(plain, 0.5), "plain_p99": at(plain, 0.99)}
        row["ratio"] = round(row["p50"] / row["plain_p50"], 2)
    print(json.dumps(row), flush=True)


def at(values, share):
    """Return the value that a `share` of `values` does not exceed."""
    return round(sorted(values)[math.ceil(share * len(values)) - 1], 1)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
