"""Runs the benchmarks: search, desk, pages for readers, server, and leak check.

`make bench` runs it.

    python -m tests.bench                                all of them
    python -m tests.bench search                         all sizes, on SQLite and PostgreSQL
    python -m tests.bench search --sizes 100 1000 --databases sqlite
    python -m tests.bench desk --sizes 10000             the desk and the list of all stories
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
LIMITS = {
    "common word": (250, 150),
    "whole page": (600, 400),
    "did you mean": (50, 50),
    "suggestions": (30, 30),
}
# The limit in milliseconds for every page of the benchmark of the desk, on both databases.
DESK_LIMIT = 300
# The limit in milliseconds for each search, page and correction of the benchmark of the search with MANY_AT
# stories, on both databases.
MANY_AT, MANY_LIMIT = 100_000, 500
# The most queries of a search page, and by how many they may grow with the stories: ranking takes two more
# when there are many results.
MAX_QUERIES, MORE_QUERIES = 20, 2
# The columns of the table for the search and the desk. The other *_LINE are those of the other benchmarks.
# "plain" is the search with the backend of modelsearch, the library behind Wagtail's search.
LINE = "{database:11} {stories:>7} {question:23} {p50:>8} {p99:>8} {plain_p50:>9} {ratio:>6}  {verdict}"
# The limit for the milliseconds until the words of a page are readable, the median of three runs.
MAX_MILLISECONDS = 1500
# Least ratio to the requests per second of a minimal program (or of nginx with a file), with MIN_RATIOS_AT
# stories: {(page, way of serving it): ratio}. tests/bench/server.py and visits.py measure the ways.
MIN_RATIOS_AT = 1000
MIN_RATIOS = {
    ("story", "uncached"): 0.018,
    ("index", "uncached"): 0.012,
    ("search", "uncached"): 0.009,
    ("story", "cached"): 0.75,
    ("story", "304"): 0.75,
    ("story", "behind nginx"): 0.65,
    ("rendition", "sent"): 0.30,
    ("rendition", "behind nginx"): 0.65,
    # For comparison: when the site made a query for each picture, the next three ratios were 0.034, 0.064 and
    # 0.094, and that of ("rendition", "sent") was 0.05.
    ("home", "visits straight"): 0.14,
    ("index", "visits straight"): 0.26,
    ("story", "visits straight"): 0.38,
    ("home", "visits behind nginx"): 0.60,
    ("index", "visits behind nginx"): 0.60,
    ("story", "visits behind nginx"): 0.60,
}
# How many times longer these uncached pages may take with the most stories than with the fewest.
GROWING, MAX_GROWTH = {"home", "index", "filter", "story"}, 1.5
# How many more bytes a process may take with the largest number of stories than with the smallest.
MAX_MEMORY_GROWTH = 100_000_000
# Milliseconds for the search for 1,000 protected words in a story of 5,000 words.
MAX_LEAK_CHECK = 100
SERVER_LINE = (
    "{stories:>7} {page:12} {way:24} {a_second:>9} {spread:>6} {p50:>8} {p99:>8} {queries:>7} {bytes:>10} "
    "{ratio:>7}  {verdict}"
)


def main(arguments):
    """Run the benchmarks that `arguments` choose, print the results, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all")
    parser.add_argument("--sizes", nargs="+", type=int, help="numbers of stories")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args(arguments)
    tables = [PARTS[name](options) for name in ([options.part] if options.part else PARTS)]
    print()
    print("\n\n".join("\n".join(table) for table in tables))
    return int(any("FAIL" in line for table in tables for line in table))


def sizes_of(options):
    """Return the sizes that were asked for, or SIZES, as arguments of a command."""
    return map(str, sorted(options.sizes or SIZES))


def search(options):
    """Run the benchmark of the search; return the lines of its table."""
    return on_databases("tests.bench.search", options, verdict_on_search)


def desk(options):
    """Run the benchmark of the desk and of the list of all stories; return the lines of its table."""
    return on_databases("tests.bench.desk", options, verdict_on_desk)


def on_databases(module, options, verdict_on):
    """Run the benchmark `module` on each database; return the lines of its table."""
    measured = []
    for name in options.databases:
        with DATABASES[name]() as address:
            measured += measure(module, *sizes_of(options), DATABASE_URL=address)
    header = LINE.format(**{name: name.replace("_", " ") for name in FIELDS}, verdict="limit")
    return [header] + [
        LINE.format(**{name: row.get(name, "") for name in FIELDS}, verdict=verdict_on(row, measured))
        for row in measured
    ]


def reading(_options):
    """Run the benchmark of pages for readers; return the lines of its table."""
    return [
        f"{row['page']}: words readable after {row['median']} ms, of {row['runs']}  "
        + format_verdict(f"<= {MAX_MILLISECONDS} ms", row["median"] <= MAX_MILLISECONDS)
        for row in measure("tests.bench.reading")
    ]


def server(options):
    """Run the benchmark of the server; return the lines of its table."""
    measured = measure("tests.bench.server", *sizes_of(options))
    names = ["stories", "page", "way", "a_second", "spread", "p50", "p99", "queries", "bytes", "ratio"]
    header = SERVER_LINE.format(**{name: name.replace("_", " ") for name in names}, verdict="limit")
    return [header] + [
        SERVER_LINE.format(**dict.fromkeys(names, "") | row, verdict=verdict_on_server(row, measured))
        for row in measured
    ]


def leaks(_options):
    """Run the benchmark of the leak check; return the lines of its table."""
    return [
        f"{row['question']}: {row['median']} ms  "
        + format_verdict(f"<= {MAX_LEAK_CHECK} ms", row["median"] <= MAX_LEAK_CHECK)
        for row in measure("tests.bench.leaks")
    ]


PARTS = {
    "search": search,
    "desk": desk,
    "reading": reading,
    "server": server,
    "leaks": leaks,
}
FIELDS = ["database", "stories", "question", "p50", "p99", "plain_p50", "ratio"]


@contextmanager
def sqlite():
    with tempfile.TemporaryDirectory(prefix="bench-sqlite-") as folder:
        yield f"sqlite:///{folder}/db.sqlite3"


DATABASES = {"sqlite": sqlite, "postgresql": postgresql_server.postgres}


def measure(module, *arguments, **environment):
    """Run `module` in a new process; return its measurements, which it prints as JSON."""
    command = [sys.executable, "-m", module, *arguments]
    rows = []
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            rows.append(json.loads(line))
    if process.returncode:
        sys.exit(process.returncode)
    return rows


def verdict_on_search(row, measured):
    """Return the limits for `row` and whether each was met, as text, or "" if there is none."""
    if row["question"] == "queries of a page":
        fewest = min(other["p50"] for other in measured if is_like(other, row))
        most = min(MAX_QUERIES, fewest + MORE_QUERIES)
        return format_verdict(f"<= {most:.0f}", row["p50"] <= most)
    # The time for the index is in seconds, and has no limit.
    if row["stories"] == MANY_AT and "index" not in row["question"]:
        return format_verdict(f"<= {MANY_LIMIT} ms", row["p50"] <= MANY_LIMIT)
    if row["stories"] != LIMITS_AT:
        return ""
    verdicts = []
    if row["question"] in LIMITS:
        limit = LIMITS[row["question"]][row["database"] == "postgresql"]
        verdicts.append(format_verdict(f"<= {limit} ms", row["p50"] <= limit))
    if "ratio" in row and "index" not in row["question"]:
        verdicts.append(format_verdict("no slower than plain", row["ratio"] <= 1))
    return "; ".join(verdicts)


def verdict_on_desk(row, _measured):
    """Return the limit for `row` and whether it was met, as text, or "" if there is none."""
    if row["stories"] != LIMITS_AT:
        return ""
    return format_verdict(f"<= {DESK_LIMIT} ms", row["p50"] <= DESK_LIMIT)


def verdict_on_server(row, measured):
    """Return the limits for `row` and whether each was met, as text, or "" if there is none."""
    verdicts = []
    least = MIN_RATIOS.get((row["page"], row["way"]))
    if least and row["stories"] == MIN_RATIOS_AT:
        verdicts.append(format_verdict(f">= {least}", row["ratio"] >= least))
    same = [other for other in measured if (other["page"], other["way"]) == (row["page"], row["way"])]
    if row is same[-1] and len(same) > 1:
        verdicts += growth_verdicts(same[0], row)
    return "; ".join(verdicts)


def growth_verdicts(first, last):
    """Return the limits for the growth from `first` to `last`: a row with few, and with many stories."""
    if last["way"] == "uncached" and last["page"] in GROWING:
        # The ratios to the minimal program, because other work on the machine slows both.
        growth = first["ratio"] / last["ratio"]
        return [format_verdict(f"{growth:.2f} times <= {MAX_GROWTH}", growth <= MAX_GROWTH)]
    if last["way"] == "peak memory":
        more, most = last["bytes"] - first["bytes"], MAX_MEMORY_GROWTH
        return [format_verdict(f"{more / 1e6:.0f} MB more <= {most / 1e6:.0f}", more <= most)]
    return []


def is_like(other, row):
    return (other["database"], other["question"]) == (row["database"], row["question"])


def format_verdict(limit, is_met):
    return f"{limit}: {'PASS' if is_met else 'FAIL'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
