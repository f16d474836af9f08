"""Runs the servers that the benchmarks compare, and measures their requests per second with wrk.

The server and nginx run on one core, wrk on another. With a single core the ratios mean nothing.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests.drills.wrk import PAGES_SCRIPT, run_wrk

SECONDS, ROUNDS, CONNECTIONS = 2, 3, 8  # of each measurement
MAX_SPREAD = 0.2  # between the fastest and the slowest round, as a share of the median
SERVER_CORE, CLIENT_CORE = "0", "1"
GZIP = {"Accept-Encoding": "gzip"}


def report(folder, size, kind, ways, requests=1, **more):
    """Measure `ways` in turn and print a row for each, with its ratio to the first of them.

    Each figure is the median of ROUNDS measurements. The ways alternate, so that other work on the machine
    slows all of them. A spread above MAX_SPREAD is reported on standard error, because the ratio is then not
    reliable.

    Arguments:
        size, kind: the number of stories, and the kind of page, for the row.
        ways: {name: (address, headers, paths to ask for in turn, by default that of the address)}.
        requests: how many requests make one of what is counted, such as a visit.
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
        figures |= {"a_second": round(rate / requests, 1), "spread": round(spread, 2)}
        print_row(size, kind, name, **figures | more, ratio=round(rate / plain, 4))


def print_row(size, kind, way, **figures):
    print(json.dumps({"stories": size, "page": kind, "way": way} | figures), flush=True)


def load(folder, address, headers=(), paths=()):
    """Run wrk; return its Result. Without `paths` it runs no script, which would take time."""
    parts = urlsplit(address)
    found = run_wrk(
        parts.port,
        paths or [parts._replace(scheme="", netloc="").geturl()],
        folder,
        SECONDS,
        CONNECTIONS,
        script=PAGES_SCRIPT if paths else "",
        headers=GZIP | dict(headers),
        first=["taskset", "-c", CLIENT_CORE],
    )
    if found.errors:
        sys.exit(f"{address}: some responses were errors: {found.errors}")
    return found


@contextmanager
def served(application, environment):
    """Context manager that runs gunicorn with `application` on the server's core.

    It yields the address and the process.
    """
    # The socket is open before the server starts, so requests wait until it is ready.
    listener = socket.create_server(("127.0.0.1", 0))
    # As gunicorn does for its own sockets. Otherwise responses wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "gunicorn", application, "--threads", "4"]
    server += ["--config", "deploy/gunicorn.conf.py", "--bind", f"fd://{listener.fileno()}"]
    server += ["--log-level", "error", "--no-control-socket"]
    with subprocess.Popen(server, env=environment, pass_fds=[listener.fileno()]) as process:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.close()  # so that requests fail if the server has ended
        try:
            yield address, process
        finally:
            process.terminate()


@contextmanager
def on_core(core):
    """Context manager: the programs that are started within the block run on the core with number `core`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(core)})
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
