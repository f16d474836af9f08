"""The drill about withdrawals: a process that is killed between any two steps."""

import base64
import json
import secrets
import subprocess
import sys

from tests.drills import Row, say
from tests.support.production import Site


def withdrawal_killed(folder):
    """Kill a withdrawal before and after each of its steps; look for what two runs of the scheduler left."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3", SAFEGUARDING_KEYS=key)
    site.manage("migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "tests.drills.withdrawing"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    rows = json.loads(done.stdout.splitlines()[-1])
    for step, moment, wrong in rows:
        say(f"killed {moment} {step}: {wrong or 'complete'}")
    if any(wrong for _step, _moment, wrong in rows):
        say(done.stderr)
    complete = sum(not wrong for _step, _moment, wrong in rows)
    figure = f"{complete} of {len(rows)} complete"
    return [Row("withdrawal killed, then two runs of the scheduler", figure, "all", complete == len(rows))]
