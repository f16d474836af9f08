"""Measures how long the site takes, on SQLite and PostgreSQL. `make bench` runs it.

    python -m tests.bench search                         all sizes, both databases
    python -m tests.bench search --sizes 100 1000 --databases sqlite

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

from tests import services

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


def main(arguments):
    """Measure what `arguments` choose, print it, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("part", choices=["search"])
    parser.add_argument(
        "--sizes", nargs="+", type=int, default=[100, 1000, 10_000], help="numbers of stories"
    )
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=list(DATABASES))
    options = parser.parse_args(arguments)
    measured = []
    for name in options.databases:
        with DATABASES[name]() as address:
            measured += measure(address, sorted(options.sizes))
    verdicts = [verdict_on(row, measured) for row in measured]
    print()
    print(LINE.format(**{name: name.replace("_", " ") for name in FIELDS}, verdict="bar"))
    for row, verdict in zip(measured, verdicts, strict=True):
        print(LINE.format(**{name: row.get(name, "") for name in FIELDS}, verdict=verdict))
    return int(any("FAIL" in verdict for verdict in verdicts))


FIELDS = ["database", "stories", "question", "p50", "p99", "plain_p50", "ratio"]


@contextmanager
def sqlite():
    with tempfile.TemporaryDirectory(prefix="bench-sqlite-") as folder:
        yield f"sqlite:///{folder}/db.sqlite3"


DATABASES = {"sqlite": sqlite, "postgresql": services.postgres}


def measure(address, sizes):
    """Run the measurements on the database at `address` in a process of its own; return their rows."""
    command = [sys.executable, "-m", "tests.bench_search", *map(str, sizes)]
    environment = os.environ | {"DATABASE_URL": address}
    rows = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
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


def is_like(other, row):
    return (other["database"], other["question"]) == (row["database"], row["question"])


def said(bar, is_met):
    return f"{bar}: {'PASS' if is_met else 'FAIL'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
