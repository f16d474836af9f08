"""Drills that take longer: a database that does not respond, and ten minutes of steady load."""

import os
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

from tests.drills import Row, say
from tests.drills.sites import children, site_on_postgresql
from tests.drills.wrk import run_wrk

# Seconds for which the database is stopped, and for which it hangs.
STOPPED, HUNG = 30, 20
# Limits in seconds for the slowest response, and until pages are back. If PostgreSQL hangs, responses wait
# for it.
LONGEST, BACK_WITHIN = 3, 5
PROCESSES = 2  # of the site
# {fault: statuses of /livez and /readyz meanwhile}. PostgreSQL is restarted before they are asked.
HEALTH = {"stopped": (200, 503), "hung": (200, "no answer")}
# Seconds of the steady load, of its warm-up, and of the measurement of the highest rate.
SOAK, WARM_UP, TOP = 600, 60, 10
CONNECTIONS = 16  # of wrk


# --- The database does not respond ---------------------------------------------------------------


def database_away(folder):
    """Restart, stop and suspend PostgreSQL under readers; then stop it after a story is unpublished."""
    with site_on_postgresql(folder) as (site, database):
        site.manage("run_due_work")
        site.start(workers=PROCESSES)
        rows = []
        for name, fault in [("restarted", restarted), ("stopped", stopped), ("hung", hung)]:
            rows += measure_fault(site, database, name, fault)
        return rows + unpublished(site, database)


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
    time.sleep(STOPPED)
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


def measure_fault(site, database, name, fault):
    """Cause one fault with the context manager `fault`; return Rows about what readers got."""
    # The pages are made anew, so that none gets too old meanwhile.
    site.manage("shell", "--no-imports", "-c", "from caching.content_version import change; change()")
    cached_addresses = [address for address in site.facts["addresses"] if is_cached_page(site, address)]
    for _worker in range(20):  # so that each process has cached them
        for address in cached_addresses:
            site.ask(address)
    say(f"PostgreSQL is {name}")
    stop, cached, others = threading.Event(), [], []
    # Four readers of cached pages, and one of a search.
    threads = [
        threading.Thread(target=watch, args=(site, addresses, stop, answers))
        for addresses, answers in [*[(cached_addresses, cached)] * 4, (["/search/?q=story"], others)]
    ]
    for thread in threads:
        thread.start()
    with ThreadPoolExecutor() as pool, fault(database):
        lives, ready = site.ask("/livez")[0], pool.submit(site.ask, "/readyz")
        wait([ready], timeout=LONGEST)
        health = lives, ready.result()[0] if ready.done() else "no answer"
    returned = time.monotonic()
    while site.ask("/search/?q=story")[0] != 200 and time.monotonic() < returned + 60:
        time.sleep(0.1)
    back = time.monotonic() - returned
    stop.set()
    for thread in threads:
        thread.join()
    rows = rows_of_answers(name, cached, others)
    rows.append(
        Row(f"PostgreSQL {name}: back after", f"{back:.1f} s", f"<= {BACK_WITHIN} s", back <= BACK_WITHIN)
    )
    if expected := HEALTH.get(name):
        rows.append(Row(f"PostgreSQL {name}: livez, readyz", f"{health}", f"{expected}", health == expected))
    return rows


def rows_of_answers(name, cached, others):
    """Return Rows about the answers, lists of watch(), for cached pages and for others."""
    slow = [took for took, _status, _is_page in cached if took > LONGEST]
    slowest = max(took for took, _status, _is_page in cached + others)
    failed = [status for _took, status, _is_page in cached if status != 200]
    bad = [
        status
        for _took, status, is_page in others
        if status != 200 and not (status in {500, 503} and is_page)
    ]
    # In each process, one request finds out whether the content version has changed.
    waiting, longest = (PROCESSES, HUNG + 2 * LONGEST) if name == "hung" else (0, LONGEST)
    return [
        Row(
            f"PostgreSQL {name}: cached pages that failed", f"{len(failed)} of {len(cached)}", "0", not failed
        ),
        Row(
            f"PostgreSQL {name}: cached pages that took longer than {LONGEST} s",
            f"{len(slow)} of {len(cached)}",
            f"<= {waiting}",
            len(slow) <= waiting,
        ),
        Row(
            f"PostgreSQL {name}: responses other than the page or the outage page",
            f"{len(bad)} of {len(others)}",
            "0",
            not bad,
        ),
        Row(
            f"PostgreSQL {name}: slowest response", f"{slowest:.1f} s", f"<= {longest} s", slowest <= longest
        ),
    ]


def is_cached_page(site, address):
    """Return whether the page at `address` is one that the site caches."""
    return "s-maxage" in site.ask(address)[1].get("Cache-Control", "")


def watch(site, addresses, stop, answers):
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
    address = next(a for a in site.facts["addresses"] if re.match("/stories/.", a))
    site.ask(address)
    say(f"unpublishing {address}")
    slug = address.strip("/").split("/")[-1]
    code = f"from stories.models import StoryPage as S; S.objects.get(slug={slug!r}).unpublish()"
    site.manage("shell", "-c", code)
    time.sleep(1)  # until each process reads the content version again
    for _worker in range(20):
        site.ask(address)
    database.stop("fast")
    try:
        statuses = {site.ask(address)[0] for _worker in range(20)}
    finally:
        database.start()
    return [Row("unpublished, then PostgreSQL stopped: answers", f"{statuses}", "{503}", statuses == {503})]


# --- Ten minutes ---------------------------------------------------------------------------------


def soak(folder):
    """Request all kinds of pages for ten minutes, at half of the highest rate."""
    with site_on_postgresql(folder) as (site, _database):
        site.start()
        top = load(site, TOP, pause=0).rate
        # Milliseconds between the requests of a connection, with which all together make half as many.
        pause = round(1000 * CONNECTIONS / (top / 2))
        say(f"{top:.0f} a second at most; {SOAK // 60} minutes at half of it")
        with ThreadPoolExecutor() as pool:
            # The warm-up is part of the same run, because new connections could reach an idle process.
            soaking = pool.submit(load, site, SOAK, pause)
            time.sleep(WARM_UP)
            before = memory(site)
            result = soaking.result()
        growth = memory(site) / before - 1
    return [
        Row("soak: errors", f"{result.errors or 0} at {result.rate:.0f}/s", "0", not result.errors),
        Row("soak: p99", f"{result.p99:.0f} ms", "< 100 ms", result.p99 < 100),
        Row("soak: memory", f"{growth:+.1%}", "< +5 %", growth < 0.05),
    ]


def load(site, seconds, pause):
    """Request the site's addresses; return wrk's Result."""
    return run_wrk(site.port, site.facts["addresses"], site.folder, seconds, CONNECTIONS, pause=pause)


def memory(site):
    """Return the memory of the server's processes in KB (PSS: shared memory is divided among them)."""
    processes = [site.process.pid, *site.workers()]
    rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in processes]
    return sum(int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) for rollup in rollups)
