"""Measures how long the site takes, and what readers get. `make bench` runs it.

    python -m tests.bench                                all of it
    python -m tests.bench search                         all sizes, on SQLite and PostgreSQL
    python -m tests.bench search --sizes 100 1000 --databases sqlite
    python -m tests.bench reading                        a slow line, and Lighthouse
    python -m tests.bench server --sizes 1000            requests a second, beside a bare program

Each measurement is a line of JSON; a table of all follows, with the bars. The exit status is 1 when one
was missed. It leaves nothing behind: the databases are gone afterwards.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager

from tests.support import services

# In milliseconds of the median at BARS_AT stories: (SQLite, PostgreSQL).
BARS_AT = 10_000
BARS = {
    "common word": (250, 150),
    "whole page": (600, 400),
    "did you mean": (50, 50),
    "suggestions": (30, 30),
}
MOST_QUERIES = 20
LINE = "{database:11} {stories:>7} {question:17} {p50:>8} {p99:>8} {plain_p50:>9} {ratio:>6}  {verdict}"
# Of the median of three runs, on every page: in milliseconds, and Lighthouse's scores.
MOST_MILLISECONDS = 2500
FEWEST_POINTS = {"performance": 99}  # of the others, and of a row without Lighthouse: 100
# At least so much of what a bare program does, or nginx with a file: [(page, way)].
WHOLE_AT = 1000
SHARES = {
    ("story", "uncached"): 0.018,
    ("index", "uncached"): 0.012,
    ("search", "uncached"): 0.009,
    ("story", "cached"): 0.40,
    ("story", "304"): 0.45,
    ("story", "behind nginx"): 0.65,
}
# How many times longer an uncached page may take with the most stories than with the fewest.
MOST_GROWTH = 1.3
SERVER_LINE = (
    "{stories:>7} {page:12} {way:14} {a_second:>9} {spread:>6} {p50:>8} {p99:>8} {queries:>7} {bytes:>6} "
)
SERVER_LINE += "{ratio:>7}  {verdict}"
READING_LINE = "{page:8} {question:15} {median:>6} {runs:>18}  {verdict}"


def main(arguments):
    """Measure what `arguments` choose, print it, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", nargs="?", choices=PARTS, help="all when not given")
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[100, 1000, 10_000], help="numbers of stories"
    )
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args(arguments)
    tables = [PARTS[name](options) for name in ([options.part] if options.part else PARTS)]
    print()
    print("\n\n".join("\n".join(table) for table in tables))
    return int(any("FAIL" in line for table in tables for line in table))


def search(options):
    """Measure the search; return the lines of its table."""
    measured = []
    for name in options.databases:
        with DATABASES[name]() as address:
            sizes = map(str, sorted(options.sizes))
            measured += measure("tests.bench.search", *sizes, DATABASE_URL=address)
    header = LINE.format(**{name: name.replace("_", " ") for name in FIELDS}, verdict="bar")
    return [header] + [
        LINE.format(**{name: row.get(name, "") for name in FIELDS}, verdict=verdict_on(row, measured))
        for row in measured
    ]


def reading(_options):
    """Measure what readers get; return the lines of its table."""
    header = READING_LINE.format(
        page="page", question="question", median="median", runs="runs", verdict="bar"
    )
    return [header] + [
        READING_LINE.format(**row | {"runs": str(row["runs"])}, verdict=verdict_on_reading(row))
        for row in measure("tests.bench.reading")
    ]


def server(options):
    """Measure the server; return the lines of its table."""
    measured = measure("tests.bench.server", *map(str, sorted(options.sizes)))
    names = ["stories", "page", "way", "a_second", "spread", "p50", "p99", "queries", "bytes", "ratio"]
    header = SERVER_LINE.format(**{name: name.replace("_", " ") for name in names}, verdict="bar")
    return [header] + [
        SERVER_LINE.format(**{"queries": "", "bytes": ""} | row, verdict=verdict_on_server(row, measured))
        for row in measured
    ]


PARTS = {"search": search, "reading": reading, "server": server}
FIELDS = ["database", "stories", "question", "p50", "p99", "plain_p50", "ratio"]


@contextmanager
def sqlite():
    with tempfile.TemporaryDirectory(prefix="bench-sqlite-") as folder:
        yield f"sqlite:///{folder}/db.sqlite3"


DATABASES = {"sqlite": sqlite, "postgresql": services.postgres}


def measure(module, *arguments, **environment):
    """Run the measurements of `module` in a process of its own; return their rows."""
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


def verdict_on(row, measured):
    """Return the bars for `row` and whether each was met, in words; "" where there is none."""
    if row["question"] == "queries of a page":
        fewest = min(other["p50"] for other in measured if is_like(other, row))
        return said(
            f"<= {MOST_QUERIES}, all sizes alike", row["p50"] <= MOST_QUERIES and row["p50"] == fewest
        )
    if row["stories"] != BARS_AT:
        return ""
    verdicts = []
    if row["question"] in BARS:
        bar = BARS[row["question"]][row["database"] == "postgresql"]
        verdicts.append(said(f"<= {bar} ms", row["p50"] <= bar))
    if "ratio" in row and "index" not in row["question"]:
        verdicts.append(said("no slower than plain", row["ratio"] <= 1))
    return "; ".join(verdicts)


def verdict_on_reading(row):
    """Return the bar for `row` and whether it was met, in words; "" where there is none."""
    if row["question"] == "words readable":
        return said(f"<= {MOST_MILLISECONDS} ms", row["median"] <= MOST_MILLISECONDS)
    if row["page"] == "search" and row["question"] == "seo":
        return ""  # it asks search engines to leave it out
    fewest = FEWEST_POINTS.get(row["question"], 100)
    return said(f">= {fewest}", row["median"] >= fewest)


def verdict_on_server(row, measured):
    """Return the bars for `row` and whether each was met, in words; "" where there is none."""
    verdicts = []
    share = SHARES.get((row["page"], row["way"]))
    if share and row["stories"] == WHOLE_AT:
        verdicts.append(said(f">= {share}", row["ratio"] >= share))
    same = [other for other in measured if (other["page"], other["way"]) == (row["page"], row["way"])]
    if row["way"] == "uncached" and row is same[-1] and len(same) > 1:
        growth = same[0]["a_second"] / row["a_second"]
        verdicts.append(said(f"{growth:.2f} times <= {MOST_GROWTH}", growth <= MOST_GROWTH))
    return "; ".join(verdicts)


def is_like(other, row):
    return (other["database"], other["question"]) == (row["database"], row["question"])


def said(bar, is_met):
    return f"{bar}: {'PASS' if is_met else 'FAIL'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
