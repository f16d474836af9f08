"""Benchmark of the server, compared with a minimal program and with nginx that send the same bytes.

tests/bench/__main__.py runs it.

    python -m tests.bench.server 100 1000 10000

It prints a line of JSON for each measurement: with 1,000 stories all ways of serving a page and whole visits,
otherwise uncached pages.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.bench import visits
from tests.bench.serving import ask, report, run, served
from tests.support import front_server, services

WHOLE_AT = 1000  # the number of stories with which all ways are measured
PAGES = {"home", "index", "filter", "story", "search"}
# Pages whose whole visits are measured.
VISITED = ["home", "index", "story"]
# A parameter that no page uses. Until the page without it has been cached, each such request is uncached.
UNCACHED = "uncached=1"
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
            if size == WHOLE_AT:
                for kind in VISITED:
                    visits.measure(size, kind, site, addresses[kind], folder)


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
    if is_page or kind == "rendition":
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


if __name__ == "__main__":
    for size in sys.argv[1:]:
        main(int(size))
