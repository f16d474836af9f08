"""Drills about what must not take the site down: junk cookies, slow replicas, and a deploy."""

import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles

from tests.drills import Row, say
from tests.drills.sites import site_on_postgresql
from tests.drills.wrk import JUNK_COOKIES_SCRIPT, run_wrk
from tests.support import front_server
from tests.support.production import Site

ROOT = Path(__file__).parents[2]
LONGEST = 3  # seconds for the slowest response


class Front:
    """A front server at `port`. It has `ask` as a Site has."""

    def __init__(self, port):
        self.port = port

    ask = Site.ask


@contextmanager
def replicas(folder, number=2, **variables):
    """Context manager that yields `number` Sites, not started, with one database and folders of their own.

    It stops them at its end.
    """
    with site_on_postgresql(folder) as (first, database), ExitStack() as stack:
        first.environment |= variables
        sites = [first]
        for count in range(1, number):
            own = folder / f"replica-{count}"
            shutil.copytree(folder / "data", own / "data")
            site = Site(own, database.address)
            site.environment = first.environment | {"DATA_DIR": str(own / "data")}
            site.facts = first.facts  # what seed.py printed about the database
            stack.callback(site.stop)
            sites.append(site)
        yield sites


# --- Junk cookies --------------------------------------------------------------------------------


def junk_cookies(folder):
    """Ask with 30 connections for pages with well-formed made-up session cookies, beside 10 readers."""
    with replicas(folder, number=1) as (site,):
        site.start()
        program, data = front_server.nginx_program(), folder / "data"
        with front_server.running(program, f"127.0.0.1:{site.port}", data, scheme="https") as (port, _logs):
            pages = [*site.facts["addresses"][:3], "/sitemap.xml"]
            return [
                row
                for name, at in (("junk cookies, straight", site.port), ("junk cookies, nginx", port))
                for row in attack(name, at, site, pages, JUNK_COOKIES_SCRIPT)
            ]


def attack(name, port, site, pages, script, readers=10, pause=50, max_p99=200):
    """Return Rows about `readers` at `port`, a number, while 30 connections ask for `pages` by `script`."""
    seconds, addresses = 15, [*site.facts["addresses"][:3], site.facts["help"]]  # without the search
    for address in addresses * 10:  # until each process has cached it
        site.ask(address)
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(run_wrk, port, pages, site.folder, seconds, connections=30, script=script)
        time.sleep(2)  # the readers begin two seconds after the attack, and end two seconds before it
        read = run_wrk(port, addresses, site.folder, seconds - 4, connections=readers, pause=pause)
    say(f"{name}: {sent.result().rate:.0f} requests of the attack a second, {sent.result().errors}")
    return [
        Row(f"{name}: readers' p99", f"{read.p99:.0f} ms", f"< {max_p99} ms", read.p99 < max_p99),
        Row(f"{name}: readers' errors", read.errors or "0", "0", not read.errors),
    ]


# --- Slow replicas -------------------------------------------------------------------------------


def slow_replicas(folder):
    """Let both replicas behind nginx hang for some seconds; ask how long it takes until pages are back."""
    with replicas(folder) as sites:
        for site in sites:
            site.start()
        addresses = [f"127.0.0.1:{site.port}" for site in sites]
        program, data = front_server.nginx_program(), folder / "data"
        with front_server.running(program, addresses, data, scheme="https") as (port, _logs):
            return slow_rows(Front(port), sites)


def slow_rows(front, sites):
    for site in sites * 10:  # until each worker has started, and loaded what a search needs
        site.ask("/search/?q=harbour")
    workers = [worker for site in sites for worker in site.workers()]
    say("the workers hang")
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(8) as pool:  # each request is for another address, which nothing has cached
            hung = {answer[0] for answer in pool.map(front.ask, [f"/search/?q={n}" for n in range(8)])}
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
    begin = time.monotonic()
    while front.ask("/search/?q=harbour")[0] != 200 and time.monotonic() < begin + 30:
        time.sleep(0.05)
    back = time.monotonic() - begin
    return [
        Row("two replicas hung: statuses meanwhile", f"{hung}", "{503}", hung == {503}),
        Row("two replicas hung: back after", f"{back:.1f} s", "<= 3 s", back <= 3),
    ]


# --- A deploy ------------------------------------------------------------------------------------


def rolling_deploy(folder):
    """Run a new release beside the old one, with the same data folder; then stop the old one."""
    with site_on_postgresql(folder) as (old, database):
        new = Site(folder / "new", database.address)
        new.environment = old.environment
        new.code = another_release(folder / "new" / "code")
        return [*deploy(old, new)]


def another_release(folder):
    """Copy the code to `folder`, with a line more in each page, and return `folder`."""
    shutil.copytree(ROOT, folder, ignore=not_code)
    base = folder / "site_project" / "templates" / "base.html"
    base.write_text(base.read_text().replace("</head>", '<meta name="release" content="new"></head>'))
    return folder


def not_code(folder, names):
    """Return which of `names`, files in `folder`, are not copied: an argument for shutil.copytree()."""
    ignored = {".git", ".venv", "data", "static_root"} if Path(folder) == ROOT else {"__pycache__"}
    return ignored.intersection(names)


def deploy(old, new):
    """Yield Rows about both releases while both run."""
    # Without the search, which is not cached.
    addresses = [address for address in old.facts["addresses"] if "?" not in address]
    mixed, failed, times = 0, 0, []
    old.start()
    for _round in range(10):
        for address in addresses:
            old.ask(address)
    new.start()
    new.ask("/livez")  # waits until it has started
    try:
        for _round in range(20):
            for address in addresses:
                for site, is_new in ((old, False), (new, True)):
                    begin = time.monotonic()
                    status, _headers, body = site.ask(address)
                    times.append(time.monotonic() - begin)
                    failed += status != 200
                    mixed += (b'content="new"' in body) != is_new
        old.stop()
        failed += sum(new.ask(address)[0] != 200 for address in addresses)
    finally:
        new.stop()
    p99 = 1000 * quantiles(times, n=100)[98]
    yield Row("deploy: failures", f"{failed} of {len(times)}", "0", not failed)
    yield Row("deploy: pages of the other release", f"{mixed}", "0", not mixed)
    yield Row("deploy: p99", f"{p99:.0f} ms", "< 500 ms", p99 < 500)
