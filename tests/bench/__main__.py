"""Runs the benchmarks: search, pages for readers, server, and leak check.

`make bench` runs it.

    python -m tests.bench                                all of them
    python -m tests.bench search                         all sizes, on SQLite and PostgreSQL
    python -m tests.bench search --sizes 100 1000 --databases sqlite
    python -m tests.bench reading                        pages on a slow connection
    python -m tests.bench server --sizes 1000            requests per second, compared with a minimal program
    python -m tests.bench leaks                          protected words in a long story

Each measurement is printed as a line of JSON. A table for each benchmark follows, with the limits. The exit
status is 1 if a limit was exceeded. The databases are deleted afterwards.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager

from tests.support import postgresql_server

SIZES = [100, 1000, 10_000]  # the default numbers of stories
# Limits for the median time in milliseconds with LIMITS_AT stories: {question of tests/bench/search.py:
# (SQLite, PostgreSQL)}.
LIMITS_AT = 10_000
LIMITS = {"common word": (250, 150), "whole page": (600, 400)}
LIMITS |= {"did you mean": (50, 50), "suggestions": (30, 30)}
# The limit in milliseconds for each search, page and correction with MANY_AT stories, on both databases.
MANY_AT, MANY_LIMIT = 100_000, 500
# The most queries of a search page, and by how many they may grow with the stories: ranking takes two more
# when there are many results.
MAX_QUERIES, MORE_QUERIES = 20, 2
# The limit for the milliseconds until the words of a page are readable, and for the search for 1,000
# protected words in a story of 5,000 words.
MAX_READABLE, MAX_LEAK_CHECK = 1500, 100
# Least ratio to the requests per second of a minimal program (or of nginx with a file), with MIN_RATIOS_AT
# stories: {way of serving it: {page: ratio}}. tests/bench/server.py measures the ways.
MIN_RATIOS_AT = 1000
MIN_RATIOS = {
    "uncached": {"story": 0.018, "index": 0.012, "search": 0.009},
    "cached": {"story": 0.75},
    "304": {"story": 0.75},
    "sent": {"rendition": 0.30},
    "behind nginx": {"story": 0.65, "rendition": 0.65},
}
# How many times longer these uncached pages may take with the most stories than with the fewest, and how many
# more bytes a process may take.
GROWING, MAX_GROWTH, MAX_MEMORY_GROWTH = {"home", "index", "filter", "story"}, 1.5, 100_000_000


# --- Limits: each function yields (text, whether it is met) for a `row` of the `rows` of a benchmark ----


def limits_of_search(row, rows):
    question, p50 = row["question"], row["p50"]
    if question == "queries of a page":
        fewest = min(r["p50"] for r in rows if (r["database"], r["question"]) == (row["database"], question))
        yield at_most(p50, min(MAX_QUERIES, fewest + MORE_QUERIES))
    elif "index" in question:  # Its time is in seconds, and has no limit.
        return
    elif row["stories"] == MANY_AT:
        yield at_most(p50, MANY_LIMIT)
    elif row["stories"] == LIMITS_AT:
        if question in LIMITS:
            yield at_most(p50, LIMITS[question][row["database"] == "postgresql"])
        if "ratio" in row:  # to modelsearch, the library behind Wagtail's search
            yield at_most(row["ratio"], 1)


def limits_of_server(row, rows):
    page, way = row["page"], row["way"]
    least = MIN_RATIOS.get(way, {}).get(page)
    if least and row["stories"] == MIN_RATIOS_AT:
        yield f">= {least}", row["ratio"] >= least
    same = [r for r in rows if (r["page"], r["way"]) == (page, way)]
    first = same[0]
    if row is first or row is not same[-1]:
        return
    if way == "uncached" and page in GROWING:
        # The ratios to the minimal program, because other work on the machine slows both.
        yield at_most(round(first["ratio"] / row["ratio"], 2), MAX_GROWTH)
    if way == "peak memory":
        yield at_most(row["bytes"] - first["bytes"], MAX_MEMORY_GROWTH)


def at_most(figure, limit):
    return f"{figure} <= {limit}", figure <= limit


PARTS = {
    "search": limits_of_search,
    "reading": lambda row, _rows: [at_most(row["median"], MAX_READABLE)],
    "server": limits_of_server,
    "leaks": lambda row, _rows: [at_most(row["median"], MAX_LEAK_CHECK)],
}


@contextmanager
def sqlite():
    with tempfile.TemporaryDirectory(prefix="bench-sqlite-") as folder:
        yield f"sqlite:///{folder}/db.sqlite3"


DATABASES = {"sqlite": sqlite, "postgresql": postgresql_server.postgres}


def main(arguments):
    """Run the benchmarks that `arguments` choose, print the results, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all")
    parser.add_argument("--sizes", nargs="+", type=int, help="numbers of stories", default=SIZES)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args(arguments)
    sizes, lines = [str(size) for size in sorted(options.sizes)], []
    for part in [options.part] if options.part else PARTS:
        rows = []
        for name in options.databases if part == "search" else ["sqlite"]:
            with DATABASES[name]() as address:
                rows += measure(part, *sizes, DATABASE_URL=address)
        lines += ["", *table(rows, PARTS[part])]
    print("\n".join(lines))
    return int(any("FAIL" in line for line in lines))


def measure(part, *sizes, **environment):
    """Run a benchmark in a new process; return its measurements, which it prints as JSON."""
    command, rows = [sys.executable, "-m", f"tests.bench.{part}", *sizes], []
    options = {"env": os.environ | environment, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **options) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            rows.append(json.loads(line))
    if process.returncode:
        sys.exit(process.returncode)
    return rows


def table(rows, limits):
    """Yield the lines of a table of `rows`, with what the function `limits` says about each."""
    columns = dict.fromkeys(name for row in rows for name in row)
    cells = [columns, *([str(row.get(name, "")) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    verdicts = ["limit", *("; ".join(verdict(*each) for each in limits(row, rows)) for row in rows)]
    for line, text in zip(cells, verdicts, strict=True):
        yield "  ".join([*(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)), text])


def verdict(limit, is_met):
    return f"{limit}: {'PASS' if is_met else 'FAIL'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
