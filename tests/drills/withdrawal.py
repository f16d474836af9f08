"""Drills about withdrawals, which erase somebody who takes back their consent.

They are about a killed process, and about what is left. Both run a module in a process of its own, with the
settings of a site: withdrawal_process.py and leaving.py.
"""

import json
import subprocess
import sys

from tests.drills import Row, say
from tests.drills.sites import Postgres
from tests.support import bucket_server
from tests.support.production import Site, new_safeguarding_key

# The places where no word is ever written, so that there is nothing to find before a withdrawal.
ALWAYS_EMPTY = {"data folder", "log"}


def run_module(name, site, *arguments):
    """Run a module with the environment of `site`. Return (its last line as JSON, its standard error)."""
    command = [sys.executable, "-m", name, *arguments]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def withdrawal_killed(folder):
    """Kill a withdrawal before and after each of its steps; look for what the scheduler's next run left."""
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3", SAFEGUARDING_KEYS=new_safeguarding_key())
    site.manage("migrate", "--verbosity", "0")
    rows, log = run_module("tests.drills.withdrawal_process", site)
    for step, moment, wrong in rows:
        say(f"killed {moment} {step}: {wrong or 'complete'}")
    if any(wrong for _step, _moment, wrong in rows):
        say(log)
    complete = sum(not wrong for _step, _moment, wrong in rows)
    figure = f"{complete} of {len(rows)} complete"
    return [Row("withdrawal killed, then one run of the scheduler", figure, "all", complete == len(rows))]


# --- What is left --------------------------------------------------------------------------------


def withdrawal_leaves_nothing(folder):
    """Look for a withdrawn person in PostgreSQL's dump and files, a bucket, all pages, and the log."""
    server = Postgres(folder, new=True)
    server.start()
    try:
        with bucket_server.running() as bucket:
            # The crawler asks for the host of the tests.
            variables = {"DJANGO_SETTINGS_MODULE": "tests.settings", "S3_BUCKET": "stories"}
            site = Site(folder, server.address, **variables, **bucket)
            site.manage("migrate", "--verbosity", "0")
            places, log = run_module("tests.drills.leaving", site, str(folder))
    finally:
        server.stop()
    for line in log.splitlines():
        if line.endswith(" addresses"):
            say(line)
    return [
        Row(
            f"withdrawal: words in {place}",
            f"{len(before)} before, {', '.join(after) or 0} after",
            "0 before, 0 after" if place in ALWAYS_EMPTY else "> 0 before, 0 after",
            # If none was found before, the search may not work.
            bool(before) != (place in ALWAYS_EMPTY) and not after,
        )
        for place, (before, after) in places.items()
    ]
