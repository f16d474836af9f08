"""Benchmark of the server, compared with a minimal program and with nginx that send the same bytes.

    make bench ARGS=server
    python -m tests.bench.server 100 1000 10000     with 100 stories, then with 1,000, then with 10,000

It prints a line of JSON for each measurement. With 1,000 stories these are all ways of serving a page;
with other numbers only what grows with them: pages that are not cached, and the memory of a process.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import SERVER_CORE, ask, manage, on_core, print_row, report, served
from tests.support import front_server, memory, postgresql_server

ALL_WAYS_AT = 1000  # the number of stories with which all ways are measured
# Those of the addresses of tests/bench/stories.py that are HTML pages.
PAGES = {"home", "index", "filter", "story", "search"}
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
    with postgresql_server.postgres() as database, tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # TRY_OUT: as in production, but over HTTP, which spares the certificate.
        environment = os.environ | {"DATABASE_URL": database, "DATA_DIR": name, "TRY_OUT": "1"}
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.support.settings_bench", "LOG_LEVEL": "ERROR"}
        manage(environment, "collectstatic --no-input -v0", "migrate -v0")
        command = [sys.executable, "-m", "tests.bench.stories", str(size), "600"]
        printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        facts = json.loads(printed.stdout.splitlines()[-1])
        addresses, queries = facts["addresses"], facts["queries"]
        with (
            served(folder, environment) as (site, _site),
            served(folder, environment, "tests.support.wsgi_uncached") as (uncached, server),
        ):
            for kind, number in queries.items():
                with minimal_program(uncached + addresses[kind], folder) as (bare, figures):
                    ways = {"bare": (bare,), "uncached": (uncached + addresses[kind],)}
                    report(folder, size, kind, ways, **figures, queries=number)
            [worker] = server.workers()
            print_row(size, "process", "peak memory", bytes=memory.peak(Path(f"/proc/{worker}/status")))
            for kind, path in addresses.items() if size == ALL_WAYS_AT else ():
                measure_sent(size, kind, site, path, folder)


def measure_sent(size, kind, site, path, folder):
    """Report how many requests per second the server handles for `path`, sent or answered with 304.

    Behind nginx it is compared with nginx sending a file of the same bytes.
    """
    if kind == "search":  # It is not cached.
        return
    with minimal_program(site + path, folder) as (bare, figures):
        ways = {"bare": (bare,), "cached" if kind in PAGES else "sent": (site + path,)}
        if etag := ask(site + path).headers["ETag"]:
            ways["304"] = site + path, {"If-None-Match": etag}
        report(folder, size, kind, ways, **figures)
        # Static files are left out: nginx sends them from its cache, and hardly asks the site.
        if kind in PAGES or kind == "rendition":
            with nginx(site, folder, f"location = /file {{ alias {folder}/body; }}") as front:
                ways = {"file of nginx": (f"{front}/file",), "behind nginx": (front + path,)}
                report(folder, size, kind, ways)


@contextmanager
def nginx(site, folder, more):
    """Context manager that yields the address of nginx before the `site`. `more`: lines of its settings."""
    program, upstream = front_server.nginx_program(), site.removeprefix("http://")
    with on_core(SERVER_CORE), front_server.running(program, upstream, folder, more=more) as (port, _logs):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def minimal_program(address, folder):
    """Context manager that runs the minimal program with the response of `address`.

    It yields its address, and the number of bytes. The file "body" in `folder` has the body.
    """
    # The first requests load templates and fill the caches.
    for _request in range(3):
        answer = ask(address)
    body = folder / "body"
    body.write_bytes(answer.read())
    (folder / "bare.py").write_text(BARE)
    # gunicorn adds the other three itself.
    headers = [header for header in answer.getheaders() if header[0] not in {"Date", "Server", "Connection"}]
    environment = {"BARE_HEADERS": json.dumps(headers), "BARE_BODY": str(body), "PYTHONPATH": str(folder)}
    with served(folder, os.environ | environment, "bare:application") as (bare, _site):
        ask(bare + "/").read()  # wait until it is ready
        yield bare + "/", {"bytes": body.stat().st_size}


if __name__ == "__main__":
    for size in sys.argv[1:]:
        main(int(size))
