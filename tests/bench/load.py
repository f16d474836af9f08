"""Runs the servers that the benchmarks compare, and measures their requests per second with wrk.

The server and nginx run on one core, wrk on another. With a single core the ratios mean nothing.
"""

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.drills.wrk import run_wrk
from tests.support.production import Site

SECONDS, ROUNDS, CONNECTIONS = 2, 3, 8  # of each measurement
MAX_SPREAD = 0.2  # between the fastest and the slowest round, as a share of the median
SERVER_CORE, CLIENT_CORE = 0, 1
GZIP = {"Accept-Encoding": "gzip"}


def report(folder, size, kind, ways, **more):
    """Measure `ways` in turn and print a row for each, with its ratio to the first of them.

    Each figure is the median of ROUNDS measurements. The ways alternate, so that other work on the machine
    slows all of them. A spread above MAX_SPREAD is reported on standard error, because the ratio is then not
    reliable.

    Arguments:
        size, kind: the number of stories, and the kind of page, for the row.
        ways: {name: (address, headers)}.
        more: further figures for each row.
    """
    measured = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            measured[name].append(load(folder, *way))
    plain = None
    for name, rounds in measured.items():
        rates = [each.rate for each in rounds]
        figures = {key: statistics.median(getattr(each, key) for each in rounds) for key in ("p50", "p99")}
        rate = statistics.median(rates)
        spread = (max(rates) - min(rates)) / rate
        if spread > MAX_SPREAD:
            sys.stderr.write(f"{kind}, {name}: the rounds spread by {spread:.0%}; measure again.\n")
        plain = plain or rate
        figures |= {"a_second": round(rate, 1), "spread": round(spread, 2)}
        print_row(size, kind, name, **figures | more, ratio=round(rate / plain, 4))


def print_row(size, kind, way, **figures):
    print(json.dumps({"stories": size, "page": kind, "way": way} | figures), flush=True)


def load(folder, address, headers=()):
    """Run wrk; return its Result. It runs no script, which would take time."""
    parts = urlsplit(address)
    pages = [parts._replace(scheme="", netloc="").geturl()]
    options = {"script": "", "headers": GZIP | dict(headers)}
    with on_core(CLIENT_CORE):
        found = run_wrk(parts.port, pages, folder, SECONDS, CONNECTIONS, **options)
    if found.errors:
        sys.exit(f"{address}: some responses were errors: {found.errors}")
    return found


@contextmanager
def served(folder, environment, application="site_project.wsgi"):
    """Context manager that runs a server on its core, with one worker. It yields its address and its Site."""
    site = Site(folder, "")
    site.environment = environment
    with on_core(SERVER_CORE):
        site.start(workers=1, application=application)
    try:
        yield f"http://127.0.0.1:{site.port}", site
    finally:
        site.stop()


@contextmanager
def on_core(core):
    """Context manager: the programs that are started within the block run on the core with number `core`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def ask(address):
    return urllib.request.urlopen(urllib.request.Request(address, headers=GZIP))  # noqa: S310 - this machine


def manage(environment, *commands):
    """Run `commands` of manage.py. Standard output is for the measurements."""
    for words in commands:
        command = [sys.executable, "manage.py", *words.split()]
        subprocess.run(command, env=environment, stdout=sys.stderr, check=True)
