"""Benchmark of the server, compared with a minimal program that sends the same bytes.

tests/bench/__main__.py runs it.

    python -m tests.bench.server 100 1000 10000

It prints a line of JSON for each measurement: with 1,000 stories all ways of serving a page, otherwise
uncached pages. The server runs on one core, wrk and PostgreSQL on another. With a single core the ratios mean
nothing.
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from tests.support import front_server, services

SECONDS = 2  # of each measurement
ROUNDS = 3
MOST_SPREAD = 0.2  # between the fastest and the slowest round, as a share of the median
WHOLE_AT = 1000  # the number of stories with which all ways are measured
CONNECTIONS = 8
PAGES = {"home", "index", "story", "search"}
SERVER_CORE, CLIENT_CORE = "0", "1"
# A parameter that no page uses. Until the page without it has been cached, each such request is uncached.
UNCACHED = "uncached=1"
GZIP = {"Accept-Encoding": "gzip"}
# The minimal program: a WSGI application that returns the same response from memory.
BARE = """
import json, os
HEADERS, BODY = (json.loads(os.environ["BARE_HEADERS"]), open(os.environ["BARE_BODY"], "rb").read())
HEADERS = [tuple(header) for header in HEADERS]
def application(environ, start_response):
    start_response("200 OK", HEADERS)
    return [BODY]
"""


def main(size):
    """Measure with `size` stories, in a new database."""
    with services.postgres() as database, tempfile.TemporaryDirectory(prefix="bench-server-") as name:
        folder = Path(name)
        environment = os.environ | {"DATABASE_URL": database, "DATA_DIR": str(folder), "TRY_OUT": "1"}
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.settings_bench", "LOG_LEVEL": "ERROR"}
        for command in ("collectstatic --no-input -v0", "migrate -v0"):
            run([sys.executable, "manage.py", *command.split()], environment)
        addresses = run([sys.executable, "-m", "tests.bench.stories", str(size)], environment)
        addresses, queries = json.loads(addresses.splitlines()[-1])
        with served("site_project.wsgi", environment) as site:
            for kind, path in addresses.items():
                if kind in PAGES or size == WHOLE_AT:
                    measure(size, kind, site, path, folder, queries.get(kind))


def measure(size, kind, site, path, folder, queries=None):
    """Report how many requests per second the server handles for `path` in each way.

    `queries` is the number of database queries of the uncached page.
    """
    is_page = kind in PAGES
    uncached = f"{site}{path}{'&' if '?' in path else '?'}{UNCACHED}" if is_page else site + path
    # The first requests create renditions and load settings.
    for _request in range(3):
        answer = ask(uncached)
    body, headers = (
        answer.read(),
        [h for h in answer.getheaders() if h[0] not in {"Date", "Server", "Connection"}],
    )
    (folder / "body").write_bytes(body)
    with served("bare:application", bare_environment(folder, headers)) as bare:
        ask(bare + "/").read()  # wait until it is ready
        if is_page:
            report(
                size, kind, {"bare": bare + "/", "uncached": uncached}, bytes=len(body), queries=queries or ""
            )
        answer = ask(site + path)  # from now on the page is cached
        if kind == "search" or size != WHOLE_AT:
            return
        ways = {"bare": bare + "/", "cached" if is_page else "sent": site + path}
        if etag := answer.headers["ETag"]:
            ways["304"] = site + path, {"If-None-Match": etag}
        report(size, kind, ways, bytes=len(body))
    if is_page:
        behind_nginx(size, kind, site, path, folder)


def behind_nginx(size, kind, site, path, folder):
    """Report the same behind nginx, compared with a file of the same bytes that nginx sends."""
    program = front_server.nginx_program()
    file = f"location = /file {{ alias {folder}/body; default_type text/html; }}"
    upstream = site.removeprefix("http://")
    with front_server.running(program, upstream, folder, more=file) as (port, _logs):
        address = f"http://127.0.0.1:{port}"
        report(size, kind, {"file of nginx": f"{address}/file", "behind nginx": f"{address}{path}"})


def bare_environment(folder, headers):
    (folder / "bare.py").write_text(BARE)
    return os.environ | {
        "BARE_HEADERS": json.dumps(headers),
        "BARE_BODY": str(folder / "body"),
        "PYTHONPATH": str(folder),
    }


def report(size, kind, ways, **more):
    """Measure `ways` in turn and print a row for each, with its ratio to the first of them.

    `ways`: {name: address, or address and headers}. Each figure is the median of ROUNDS measurements. The
    ways alternate, so that other work on the machine slows all of them. A spread above MOST_SPREAD is
    reported on standard error, because the ratio is then not reliable.
    """
    measured = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            address, headers = (way, {}) if isinstance(way, str) else way
            measured[name].append(load(address, headers))
    medians = {name: median_of(rounds) for name, rounds in measured.items()}
    plain = next(iter(medians.values()))
    for name, median in medians.items():
        rates = [each["a_second"] for each in measured[name]]
        spread = (max(rates) - min(rates)) / median["a_second"]
        if spread > MOST_SPREAD:
            sys.stderr.write(f"{kind}, {name}: the rounds spread by {spread:.0%}; measure again.\n")
        row = {"stories": size, "page": kind, "way": name} | median | {"spread": round(spread, 2)} | more
        print(json.dumps(row | {"ratio": round(median["a_second"] / plain["a_second"], 4)}), flush=True)


def median_of(rounds):
    """Return the median of each figure in `rounds`, a list of what `load` returned."""
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


# --- Programs ------------------------------------------------------------------------------------


def run(command, environment):
    """Run `command` and return its output. Raises CalledProcessError if it fails."""
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def served(application, environment):
    """Context manager that runs gunicorn with `application` on the server's core, and yields its address."""
    # The socket is open before the server starts, so requests wait until it is ready.
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    # As gunicorn does for its own sockets. Otherwise responses wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "gunicorn", application, "--threads", "4"]
    server += ["--bind", f"fd://{listener.fileno()}", "--log-level", "error", "--no-control-socket"]
    with subprocess.Popen(server, env=environment, pass_fds=[listener.fileno()]) as process:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.close()  # so that requests fail if the server has ended
        try:
            yield address
        finally:
            process.terminate()


def ask(address):
    return urllib.request.urlopen(urllib.request.Request(address, headers=GZIP))  # noqa: S310 - this machine


def load(address, headers):
    """Run wrk; return the requests per second, and p50 and p99 in milliseconds."""
    command = ["taskset", "-c", CLIENT_CORE, services.wrk(), "--latency"]
    command += ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    for name, value in (GZIP | headers).items():
        command += ["-H", f"{name}: {value}"]
    printed = run([*command, address], os.environ)
    if re.search("Non-2xx|Socket errors: connect [1-9]|read [1-9]|write [1-9]", printed):
        sys.exit(f"{address}: some responses were errors.\n{printed}")
    times = {
        f"p{share}": in_milliseconds(time)
        for share, time in re.findall(r"^\s+(50|99)%\s+(\S+)", printed, re.M)
    }
    return {"a_second": float(re.search(r"Requests/sec:\s+(\S+)", printed)[1])} | times


def in_milliseconds(time):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", time).groups()
    return round(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], 2)


if __name__ == "__main__":
    for size in sys.argv[1:]:
        main(int(size))
