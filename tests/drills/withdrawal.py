"""Drills about withdrawals: a process that is killed between any two steps, and what is left anywhere."""

import base64
import json
import secrets
import subprocess
import sys

from tests.drills import Row, say
from tests.drills.scene import Postgres
from tests.support import bucket_server, redis_server
from tests.support.production import Site


def new_key():
    """Return a key for SAFEGUARDING_KEYS."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def run_module(name, site, *arguments):
    """Run a module with the environment of `site`. Return (its last line as JSON, its standard error)."""
    command = [sys.executable, "-m", name, *arguments]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def withdrawal_killed(folder):
    """Kill a withdrawal before and after each of its steps; look for what two runs of the scheduler left."""
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3", SAFEGUARDING_KEYS=new_key())
    site.manage("migrate", "--verbosity", "0")
    rows, log = run_module("tests.drills.withdrawing", site)
    for step, moment, wrong in rows:
        say(f"killed {moment} {step}: {wrong or 'complete'}")
    if any(wrong for _step, _moment, wrong in rows):
        say(log)
    complete = sum(not wrong for _step, _moment, wrong in rows)
    figure = f"{complete} of {len(rows)} complete"
    return [Row("withdrawal killed, then two runs of the scheduler", figure, "all", complete == len(rows))]


# --- What is left --------------------------------------------------------------------------------


def withdrawal_leaves_nothing(folder):
    """Look for a withdrawn person in PostgreSQL's dump, Redis, a bucket, all pages, and the log."""
    server = Postgres(folder, new=True)
    server.start()
    try:
        with redis_server.running(redis_server.redis_program()) as cache, bucket_server.running() as bucket:
            # The crawler asks for the host of the tests.
            variables = {
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "CACHE_URL": cache,
                "S3_BUCKET": "stories",
            }
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
            f"{'?' if before is None else len(before)} before, {', '.join(after) or 0} after",
            "0 after",
            # If none was found before, the search may not work. None: it was not looked for.
            before != [] and not after,
        )
        for place, (before, after) in places.items()
    ]
