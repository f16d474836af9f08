"""Drill of floods: one visitor asks for ever new searches or lists, while others read at the same address."""

from concurrent.futures import ThreadPoolExecutor

from tests.drills import Row, say
from tests.drills.sites import site_on_postgresql
from tests.drills.stampede import STORIES
from tests.drills.wrk import NEW_ADDRESSES_SCRIPT, run_wrk
from tests.support import front_server

SECONDS = 20  # of each flood
MAX_P99 = 1000  # milliseconds
# {name: beginnings of addresses; a random number completes each}. The words are in many stories.
FLOODS = {
    "searches": [
        "/search/?q=harbour+",
        "/search/?q=harbuor+lantern+road+",
        "/fr/search/?q=harbour&sort=date&page=",
        "/search/?q=harbour+road&year=2024&country=",
        "/search/suggestions/?q=harbour+",
        "/search/suggestions/?q=h",
    ],
    "lists": ["/stories/?page=", "/stories/?country=kenya&page=", "/stories/?year=2024&theme="],
    "missing": ["/stories/"],
}


def floods(folder):
    """Ask with 30 connections for new searches and lists, while 50 readers behind the same address read."""
    with site_on_postgresql(folder, STORIES) as (site, _database):
        site.start()
        program, upstream = front_server.nginx_program(), f"127.0.0.1:{site.port}"
        with front_server.running(program, upstream, folder / "data", scheme="https") as (port, _logs):
            return [
                row
                for flood in FLOODS
                for name, at in (("straight", site.port), ("nginx", port))
                for row in measure(f"{flood}, {name}", at, site, FLOODS[flood])
            ]


def measure(name, port, site, beginnings):
    """Yield Rows about 50 readers at `port`, while 30 connections ask there for addresses with `beginnings`."""
    pages = [*site.facts["addresses"][:3], site.facts["help"]]
    for _round in range(10):  # until each process has cached the pages
        for page in pages:
            site.ask(page)
    with ThreadPoolExecutor() as pool:
        flood = pool.submit(
            run_wrk, port, beginnings, site.folder, SECONDS, connections=30, script=NEW_ADDRESSES_SCRIPT
        )
        readers = run_wrk(port, pages, site.folder, SECONDS - 2, connections=50, pause=500)
        answers = flood.result()
    say(f"{name}: {answers.rate:.0f} requests of the flood a second, {answers.errors or 'none refused'}")
    yield Row(f"flood of {name}: readers' p99", f"{readers.p99:.0f} ms", f"< {MAX_P99} ms", readers.p99 < MAX_P99)
    yield Row(f"flood of {name}: readers refused", readers.errors or "0", "0", not readers.errors)
