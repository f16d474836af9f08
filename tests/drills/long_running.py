"""Drills that take longer: a database that does not respond, and ten minutes of steady load."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from tests.drills import is_at_most, is_equal, say, sites, wrk
from tests.support.production import children

# Limits in seconds for the slowest response, and until pages are back. If PostgreSQL hangs for HUNG seconds,
# responses wait for it.
LONGEST, BACK_WITHIN, HUNG = 3, 5, 20
PROCESSES = 2  # of the site
# Seconds of the steady load, of its warm-up, and of the measurement of the highest rate.
SOAK, WARM_UP, TOP = int(os.environ.get("DRILL_SECONDS", "600")), 60, 10
CONNECTIONS = 16  # of wrk


def database_away(folder):
    """Restart, stop and suspend PostgreSQL under readers; then stop it after a story is unpublished."""
    with sites.site_on_postgresql(folder) as (site, database):
        site.manage("run_due_work")
        site.start(workers=PROCESSES)
        rows = [row for fault in (restarted, stopped, hung) for row in measure_fault(site, database, fault)]
        return [*rows, unpublished(site, database)]


@contextmanager
def restarted(database):
    database.stop("fast")
    database.start()
    yield
    time.sleep(2)  # the readers go on meanwhile


@contextmanager
def stopped(database):
    database.stop("fast")
    yield
    time.sleep(30)
    database.start()


@contextmanager
def hung(database):
    main = int((database.folder / "data" / "postmaster.pid").read_text().split()[0])
    processes = [main, *children(main)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
        time.sleep(HUNG)
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def measure_fault(site, database, fault):
    """Cause one fault with the context manager `fault`; yield Rows about what readers got."""
    name = f"PostgreSQL {fault.__name__}"
    # The pages are made anew, so that none gets too old meanwhile.
    site.manage("shell", "--no-imports", "-c", "from caching.content_version import change; change()")
    pages, search = site.facts["pages"][:3], site.facts["pages"][3:]
    for address in pages * 20:  # so that each process has cached them
        site.ask(address)
    say(name)
    stop, cached, others = threading.Event(), [], []
    # Four readers of cached pages, and one of a search.
    readers = [*[(pages, cached)] * 4, (search, others)]
    threads = [threading.Thread(target=watch, args=(site, *reader, stop)) for reader in readers]
    for thread in threads:
        thread.start()
    with ThreadPoolExecutor() as pool, fault(database):
        lives, ready = site.ask("/livez")[0], pool.submit(site.ask, "/readyz")
        wait([ready], timeout=LONGEST)
        health = lives, ready.result()[0] if ready.done() else "no answer"
    returned = time.monotonic()
    while site.ask(search[0])[0] != 200 and time.monotonic() < returned + 60:
        time.sleep(0.1)
    back = time.monotonic() - returned
    stop.set()
    for thread in threads:
        thread.join()
    # PostgreSQL is restarted before they are asked.
    expected = {restarted: health, stopped: (200, 503), hung: (200, "no answer")}
    yield is_at_most(f"{name}: back after", back, BACK_WITHIN, " s")
    yield is_equal(f"{name}: livez, readyz", health, expected[fault])
    # In each process, one request finds out whether the content version has changed.
    waiting, longest = (PROCESSES, HUNG + 2 * LONGEST) if fault is hung else (0, LONGEST)
    failed = [status for _took, status, _is_page in cached if status != 200]
    slow = [took for took, *_others in cached if took > LONGEST]
    bad = [status for _, status, is_page in others if status not in ({200, 500, 503} if is_page else {200})]
    yield is_equal(f"{name}: cached pages of {len(cached)} that failed", failed, [])
    yield is_at_most(f"{name}: cached pages that took longer than {LONGEST} s", len(slow), waiting)
    yield is_equal(f"{name}: responses of {len(others)} other than the page or the outage page", bad, [])
    slowest = max(took for took, *_others in cached + others)
    yield is_at_most(f"{name}: slowest response", slowest, longest, " s")


def watch(site, addresses, answers, stop):
    """Request `addresses` in turn until `stop` is set, and add an entry for each to the list `answers`.

    An entry is (seconds, status, whether the body has a heading, as a page and the outage page have).
    """
    while not stop.is_set():
        for address in addresses:
            start = time.monotonic()
            try:
                status, _headers, body = site.ask(address)
            except OSError as error:
                status, body = type(error).__name__, b""
            answers.append((time.monotonic() - start, status, b"<h1>" in body))
            if status != 200:
                time.sleep(0.05)


def unpublished(site, database):
    """Unpublish a story, and stop the database when all processes know; it must not be shown again."""
    address = site.facts["pages"][2]
    site.ask(address)
    code = "from stories.models import StoryPage as S; S.objects.get(pk={}).unpublish()"
    site.manage("shell", "-c", code.format(site.facts["story"]))
    time.sleep(1)  # until each process reads the content version again
    for _worker in range(20):
        site.ask(address)
    database.stop("fast")
    try:
        statuses = {site.ask(address)[0] for _worker in range(20)}
    finally:
        database.start()
    return is_equal(f"{address} unpublished, then PostgreSQL stopped: answers", statuses, {503})


def soak(folder):
    """Request all kinds of pages for ten minutes, at half of the highest rate."""
    with sites.site_on_postgresql(folder) as (site, _database), ThreadPoolExecutor() as pool:
        site.start()
        load = site.port, site.facts["pages"], site.folder
        top = wrk.run_wrk(*load, TOP, CONNECTIONS).rate
        # Milliseconds between the requests of a connection, with which all together make half as many.
        pause = round(1000 * CONNECTIONS / (top / 2))
        say(f"{top:.0f} a second at most; {SOAK} seconds at half of it")
        # The warm-up is part of the same run, because new connections could reach an idle process.
        soaking = pool.submit(wrk.run_wrk, *load, SOAK, CONNECTIONS, pause=pause)
        time.sleep(min(WARM_UP, SOAK / 2))
        before = memory(site)
        result = soaking.result()
        growth = memory(site) / before - 1
    return [
        is_equal(f"soak: errors at {result.rate:.0f}/s", result.errors or 0, 0),
        is_at_most("soak: p99", result.p99, 100, " ms"),
        is_at_most("soak: growth of the memory", 100 * growth, 5, " %"),
    ]


def memory(site):
    """Return the memory of the server's processes in KB (PSS: shared memory is divided among them)."""
    processes = [site.process.pid, *site.workers()]
    rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in processes]
    return sum(int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) for rollup in rollups)
