"""Drill of junk cookies, which must not take the site down."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.drills import Row, say
from tests.drills.sites import site_on_postgresql
from tests.drills.wrk import JUNK_COOKIES_SCRIPT, run_wrk
from tests.support import front_server
from tests.support.production import Site


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
