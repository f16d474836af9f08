"""The drill midnight: a consent ends with the day, and no request or command tells the servers."""

import json
import os
import secrets
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from tests.drills import Row, say
from tests.support import front_server
from tests.support.production import Site, new_safeguarding_key
from tests.support.shown_places import find_wrong

# Seconds from the start of the servers until midnight, in which the caches are filled.
BEFORE = int(os.environ.get("DRILL_BEFORE", "75"))
# Seconds after midnight in which nginx may still send what it has cached, and in which it is watched.
MAX_SECONDS_IN_NGINX, WATCHED = 2, 6


def midnight(folder):
    """Ask two processes and nginx for a story around the midnight on which its consent ends."""
    variables = {"SAFEGUARDING_KEYS": new_safeguarding_key(), "SECRET_KEY": secrets.token_urlsafe(60)}
    # Three servers on one database. The third is behind nginx, so that only the drill asks the other two.
    sites = [Site(folder, f"sqlite:///{folder}/data/db.sqlite3", **variables) for _number in range(3)]
    places = make_places(sites[0])
    now = datetime.now(UTC)
    end = time.time() + BEFORE
    clock = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_clock"}
    # The servers' clock is ahead, so that their midnight is at `end`.
    clock["CLOCK_AHEAD"] = str((next_day(now) - now).total_seconds() - BEFORE)
    with ExitStack() as stack:
        for site in sites:
            site.environment |= clock
            stack.callback(site.stop)
            site.start(workers=1)
        program, upstream = front_server.nginx_program(), f"127.0.0.1:{sites[2].port}"
        running = front_server.running(program, upstream, folder / "data", scheme="https")
        front = Site(folder, "")  # only to ask nginx
        front.port, _logs = stack.enter_context(running)
        direct = [asking(site) for site in sites[:2]]
        asks = [*direct, asking(front)]
        before = warm(places, asks, end)
        # So nginx has the pages of the last second, which it may still send after midnight.
        time.sleep(max(0, end - 0.8 - time.time()))
        find_wrong(places, asks[-1], is_shown=True)
        time.sleep(max(0, end - time.time()))
        say("midnight")
        after = [find_wrong(places, ask, is_shown=False) for ask in direct]
        seconds = watch(places, asks[-1], end)
    return [
        Row("before midnight: missing", f"{before}", "none", not any(before)),
        Row("first requests after midnight, two processes: wrong", f"{after}", "none", not any(after)),
        Row(
            "behind nginx: shown for",
            f"{seconds:.1f} s after midnight",
            f"<= {MAX_SECONDS_IN_NGINX} s",
            seconds <= MAX_SECONDS_IN_NGINX,
        ),
    ]


def make_places(site):
    """Make the story in the database of `site`, and return the places that show it."""
    site.manage("migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "tests.drills.last_day"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def next_day(moment):
    """Return the midnight that ends the day of `moment`."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def asking(site):
    """Return the function that requests an address from `site`, for find_wrong()."""

    def ask(address):
        status, _headers, body = site.ask(address)
        return status, body.decode(errors="replace")

    return ask


def warm(places, asks, end):
    """Let each of `asks` request all `places` now and just before `end`; return the errors of both rounds."""
    missing = [find_wrong(places, ask, is_shown=True) for ask in asks]
    if time.time() > end - 5:
        raise AssertionError(f"the servers took too long to start: set DRILL_BEFORE higher than {BEFORE}")
    time.sleep(max(0, end - 4 - time.time()))  # the last round has four seconds
    return missing + [find_wrong(places, ask, is_shown=True) for ask in asks]


def watch(places, ask, end):
    """Request all `places` for some seconds after `end`; return the second at which one was last wrong."""
    last = 0
    while (start := time.time() - end) < WATCHED:
        if find_wrong(places, ask, is_shown=False):
            last = start
    return last
