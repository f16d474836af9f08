"""Benchmark of the search, compared with modelsearch's own backend. `make bench ARGS=search` runs it.

    python -m tests.bench.search 100 1000     with 100 stories, then with 1,000

It creates a test database on the server of DATABASE_URL, and deletes it at the end. Each result is printed as
a line of JSON, in milliseconds unless it says otherwise.
"""

import json
import math
import os
import sys
import time
from contextlib import contextmanager

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
from tests.support import distractors  # noqa: E402

WORDS_OF_A_STORY = 600
# The runs of each question, the first of which are not counted. A question has fewer runs if they take longer
# than TIME_LIMIT, in milliseconds.
WARM_UP_RUNS, RUNS, TIME_LIMIT = 3, 33, 20_000
# The backend of modelsearch, the library behind Wagtail's search. The site's backends are subclasses of it.
PLAIN_BACKEND = "wagtail.search.backends.database"
# Queries: a word and two words that many stories have, and a word that one story has.
RARE = "ypsilantra"
QUESTIONS = {"common word": "work", "two common words": "people market", "rare word": RARE}


def main(sizes):
    setup_test_environment()
    with temporary_database():
        for size in sizes:
            missing = size - StoryPage.objects.count()
            distractors.add_stories(missing, words=WORDS_OF_A_STORY, seed=size, indexed=False)
            measure(size)


@contextmanager
def temporary_database():
    """Context manager with a new test database on the server of DATABASE_URL."""
    if connection.vendor == "sqlite":
        # In a file, as on a real site. By default, Django's test database is in memory.
        settings.DATABASES["default"]["TEST"]["NAME"] = f"{settings.DATABASES['default']['NAME']}.test"
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def measure(size):
    """Report how long each question takes with `size` stories."""
    # One story has the rare word. With the size that was measured before, another story had it.
    Page.objects.filter(title=f"Of {RARE}").update(title="Of something else")
    Page.objects.filter(pk=StoryPage.objects.order_by("-pk")[size // 2].pk).update(title=f"Of {RARE}")
    plain_index = build_index(get_search_backend(PLAIN_BACKEND))
    plain = {name: timed(lambda words=words: ask_plain(words)) for name, words in QUESTIONS.items()}
    ours_index = build_index(get_search_backend())
    for name, words in QUESTIONS.items():
        report(size, name, timed(lambda words=words: ask(words)), plain[name])
    client, page = Client(), "/search/?q=work"
    report(size, "whole page", timed(lambda: get(client, page)))
    report(size, "suggestions", timed(lambda: get(client, f"{reverse('search_suggestions')}?q=fish")))
    report(size, "did you mean", timed(lambda: search_for("govrenment offcie").corrections))
    with CaptureQueriesContext(connection) as queries:
        get(client, page)
    report(size, "queries of a page", [len(queries)])
    report(size, "index, in seconds", [ours_index], [plain_index])


def build_index(backend):
    """Rebuild the index of all stories with `backend`; return the seconds that it took."""
    started = time.perf_counter()
    backend.get_index_for_model(StoryPage).reset()
    distractors.add_to_index(StoryPage.objects.all(), backend)
    seconds = time.perf_counter() - started
    distractors.vacuum()
    return seconds


def search_for(words):
    form = SearchForm({"q": words})
    assert form.is_valid()
    return Search(form)


def ask(words):
    """Run a search for `words`: the first page of results and their number, without facets."""
    search = search_for(words)
    return len(search.get_page(1)) and search.count


def ask_plain(words):
    """Run the same search with modelsearch's own backend."""
    pages = Page.objects.filter(pk__in=published_pages(), locale=Locale.get_active()).specific()
    results = pages.search(words, operator="and", backend=PLAIN_BACKEND)
    return len(results[:10]) and results.count()  # 10: a page of results


def get(client, address):
    return client.get(address).status_code == 200


def timed(question):
    """Call the function `question` RUNS times; return the milliseconds of each call."""
    times = []
    for _run in range(RUNS):
        started = time.perf_counter()
        assert question()
        times.append((time.perf_counter() - started) * 1000)
        if sum(times) > TIME_LIMIT:
            break
    return times[WARM_UP_RUNS:] or times


def report(size, question, times, plain=None):
    """Print one result. `times` and `plain` are the times of this search and of modelsearch's backend."""
    row = {"database": connection.vendor, "stories": size, "question": question}
    row |= {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99)}
    if plain:
        row |= {"plain_p50": percentile(plain, 0.5), "plain_p99": percentile(plain, 0.99)}
        row["ratio"] = round(row["p50"] / row["plain_p50"], 2)
    print(json.dumps(row), flush=True)


def percentile(values, share):
    """Return the percentile of `values` for `share`, from 0 to 1."""
    return round(sorted(values)[math.ceil(share * len(values)) - 1], 1)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
