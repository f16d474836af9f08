"""Drill of junk cookies, which must not take the site down."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.drills import is_at_most, is_equal, say
from tests.drills.sites import site_on_postgresql
from tests.drills.wrk import JUNK_COOKIES_SCRIPT, run_wrk
from tests.support import front_server, production


class Front:
    """A front server at `port`. It has `ask` as a Site has."""

    def __init__(self, port):
        self.port = port

    ask = production.Site.ask


@contextmanager
def nginx(*sites):
    """Context manager that yields the Front of the running `sites`."""
    program, upstream = front_server.nginx_program(), [f"127.0.0.1:{site.port}" for site in sites]
    served = sites[0].folder / "data/served"
    with front_server.running(program, upstream, served, scheme="https") as (port, _logs):
        yield Front(port)


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
            site = production.Site(own, database.address)
            site.environment = first.environment | {"DATA_DIR": str(own / "data")}
            stack.callback(site.stop)
            sites.append(site)
        yield sites


def junk_cookies(folder):
    """Ask with 30 connections for pages with well-formed made-up session cookies, beside 10 readers."""
    with site_on_postgresql(folder) as (site, _database):
        site.start()
        pages = [*site.facts["pages"][:3], "/sitemap.xml"]
        return attack(site, {"junk cookies": pages}, JUNK_COOKIES_SCRIPT)


def attack(site, attacks, script, readers=10, pause=50, max_p99=200):
    """Return Rows about `readers`, a number, while 30 connections ask for pages by `script`.

    `attacks`: {name: pages}. Each is made straight to the site, and again behind nginx.
    """
    addresses, rows = [*site.facts["pages"][:3], site.facts["help"]], []  # without the search
    with nginx(site) as front, ThreadPoolExecutor() as pool:
        ways = {"straight": site, "nginx": front}
        for name, server, pages in ((f"{a}, {way}", ways[way], attacks[a]) for a in attacks for way in ways):
            for address in addresses * 10:  # until each process has cached it
                site.ask(address)
            sent = pool.submit(run_wrk, server.port, pages, site.folder, 15, connections=30, script=script)
            time.sleep(2)  # the readers begin two seconds after the attack, and end two seconds before it
            read = run_wrk(server.port, addresses, site.folder, 11, connections=readers, pause=pause)
            say(f"{name}: {sent.result().rate:.0f} requests of the attack a second, {sent.result().errors}")
            rows.append(is_at_most(f"{name}: readers' p99", read.p99, max_p99, " ms"))
            rows.append(is_equal(f"{name}: readers' errors", read.errors or 0, 0))
    return rows
