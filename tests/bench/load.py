"""Runs the servers that the benchmarks compare, and measures their requests per second with wrk.

The server and nginx run on one core, wrk on another. With a single core the ratios mean nothing.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

from tests.support import services

SECONDS = 2  # of each measurement
ROUNDS = 3
MAX_SPREAD = 0.2  # between the fastest and the slowest round, as a share of the median
CONNECTIONS = 8
SERVER_CORE, CLIENT_CORE = "0", "1"
GZIP = {"Accept-Encoding": "gzip"}


def report(size, kind, ways, requests=1, **more):
    """Measure `ways` in turn and print a row for each, with its ratio to the first of them.

    Each figure is the median of ROUNDS measurements. The ways alternate, so that other work on the machine
    slows all of them. A spread above MAX_SPREAD is reported on standard error, because the ratio is then not
    reliable.

    Arguments:
        size, kind: the number of stories, and the kind of page, for the row.
        ways: {name: address, or a tuple of the arguments of `load`}.
        requests: how many requests make one of what is counted, such as a visit.
        more: further figures for each row.
    """
    measured = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            measured[name].append(load(*([way] if isinstance(way, str) else way)))
    medians = {name: median_of(rounds) for name, rounds in measured.items()}
    plain = next(iter(medians.values()))
    for name, median in medians.items():
        rates = [each["a_second"] for each in measured[name]]
        spread = (max(rates) - min(rates)) / median["a_second"]
        if spread > MAX_SPREAD:
            sys.stderr.write(f"{kind}, {name}: the rounds spread by {spread:.0%}; measure again.\n")
        figures = median | {"a_second": round(median["a_second"] / requests, 1), "spread": round(spread, 2)}
        ratio = round(median["a_second"] / plain["a_second"], 4)
        print_row(size, kind, name, **figures | more, ratio=ratio)


def print_row(size, kind, way, **figures):
    print(json.dumps({"stories": size, "page": kind, "way": way} | figures), flush=True)


def median_of(rounds):
    """Return the median of each figure in `rounds`, a list of what `load` returned."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


# --- Programs ------------------------------------------------------------------------------------


def run(command, environment):
    """Run `command` and return its output. Raises CalledProcessError if it fails."""
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


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


def load(address, headers=None, script=None):
    """Run wrk; return the requests per second, and p50 and p99 in milliseconds.

    `script`: the path of a script in Lua that makes the requests.
    """
    command = ["taskset", "-c", CLIENT_CORE, services.wrk(), "--latency"]
    command += ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    for name, value in (GZIP | (headers or {})).items():
        command += ["-H", f"{name}: {value}"]
    if script:
        command += ["--script", script]
    printed = run([*command, address], os.environ)
    # wrk prints these words only if there was an error. Timeouts are among the errors of sockets.
    if re.search("Non-2xx|Socket errors", printed):
        sys.exit(f"{address}: some responses were errors.\n{printed}")
    times = {
        f"p{share}": in_milliseconds(time)
        for share, time in re.findall(r"^\s+(50|99)%\s+(\S+)", printed, re.M)
    }
    return {"a_second": float(re.search(r"Requests/sec:\s+(\S+)", printed)[1])} | times


def in_milliseconds(time):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", time).groups()
    return round(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], 2)
