"""Benchmark of the server, compared with a minimal program and with nginx that send the same bytes.

    make bench ARGS=server
    python -m tests.bench.server 100 1000 10000     with 100 stories, then with 1,000, then with 10,000

It prints a line of JSON for each measurement. With 1,000 stories these are all ways of serving a page, and
whole visits (a page and all files that a phone loads with it: visits.py); with other numbers only what grows
with them: pages that are not cached, and the memory of a process.
"""

import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.bench import visits
from tests.bench.load import SERVER_CORE, ask, on_core, print_row, report, run, served
from tests.support import front_server, memory, postgresql_server

ALL_WAYS_AT = 1000  # the number of stories with which all ways are measured
# Those of the addresses of tests/bench/stories.py that are HTML pages. The others are files.
PAGES = {"home", "index", "filter", "story", "search"}
# Pages whose whole visits are measured.
VISITED = ["home", "index", "story"]
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
    with (
        postgresql_server.postgres() as database,
        tempfile.TemporaryDirectory(prefix="bench-server-") as name,
    ):
        folder = Path(name)
        # TRY_OUT: as in production, but over HTTP, which spares the certificate.
        environment = os.environ | {"DATABASE_URL": database, "DATA_DIR": str(folder), "TRY_OUT": "1"}
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.settings_bench", "LOG_LEVEL": "ERROR"}
        for command in ("collectstatic --no-input -v0", "migrate -v0"):
            run([sys.executable, "manage.py", *command.split()], environment)
        addresses = run([sys.executable, "-m", "tests.bench.stories", str(size)], environment)
        addresses, queries = json.loads(addresses.splitlines()[-1])
        with (
            served("site_project.wsgi", environment) as (site, _process),
            served("tests.support.wsgi_uncached", environment) as (uncached, process),
        ):
            for kind, number in queries.items():
                measure_uncached(size, kind, uncached + addresses[kind], folder, number)
            print_row(size, "process", "peak memory", bytes=memory.peak(status_of_worker(process)))
            if size == ALL_WAYS_AT:
                for kind, path in addresses.items():
                    if kind != "search":  # It is not cached.
                        measure_sent(size, kind, site, path, folder)
                for kind in VISITED:
                    with minimal_program(site + addresses[kind], folder) as bare:
                        visits.measure(size, kind, site, addresses[kind], folder, bare)


def measure_uncached(size, kind, address, folder, queries):
    """Report how many requests per second the server handles for a page that it makes each time.

    `queries`: the number of database queries of the page.
    """
    with minimal_program(address, folder) as bare:
        ways = {"bare": bare, "uncached": address}
        report(size, kind, ways, bytes=(folder / "body").stat().st_size, queries=queries)


def measure_sent(size, kind, site, path, folder):
    """Report how many requests per second the server handles for `path`, sent or answered with 304."""
    with minimal_program(site + path, folder) as bare:
        ways = {"bare": bare, "cached" if kind in PAGES else "sent": site + path}
        if etag := ask(site + path).headers["ETag"]:
            ways["304"] = site + path, {"If-None-Match": etag}
        report(size, kind, ways, bytes=(folder / "body").stat().st_size)
    # Static files are left out: nginx sends them from its cache, and hardly asks the site.
    if kind in PAGES or kind == "rendition":
        behind_nginx(size, kind, site, path, folder)


def status_of_worker(process):
    """Return the path of the kernel's file about the only worker of gunicorn's `process`."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return Path(f"/proc/{children[0]}/status")


@contextmanager
def minimal_program(address, folder):
    """Context manager that runs the minimal program with the response of `address`, and yields its address.

    The file "body" in `folder` has the body.
    """
    # The first requests load templates and fill the caches.
    for _request in range(3):
        answer = ask(address)
    (folder / "body").write_bytes(answer.read())
    # gunicorn adds the other three itself.
    headers = [header for header in answer.getheaders() if header[0] not in {"Date", "Server", "Connection"}]
    with served("bare:application", bare_environment(folder, headers)) as (bare, _process):
        ask(bare + "/").read()  # wait until it is ready
        yield bare + "/"


def behind_nginx(size, kind, site, path, folder):
    """Report the requests per second behind nginx, compared with nginx sending a file of the same bytes."""
    program = front_server.nginx_program()
    file = f"location = /file {{ alias {folder}/body; }}"
    upstream = site.removeprefix("http://")
    with on_core(SERVER_CORE), front_server.running(program, upstream, folder, more=file) as (port, _logs):
        address = f"http://127.0.0.1:{port}"
        report(size, kind, {"file of nginx": f"{address}/file", "behind nginx": f"{address}{path}"})


def bare_environment(folder, headers):
    (folder / "bare.py").write_text(BARE)
    return os.environ | {
        "BARE_HEADERS": json.dumps(headers),
        "BARE_BODY": str(folder / "body"),
        "PYTHONPATH": str(folder),
    }


if __name__ == "__main__":
    for size in sys.argv[1:]:
        main(int(size))
