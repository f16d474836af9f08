"""The drill import_killed: an import from WordPress is killed at random points, and run again."""

import json
import subprocess
import sys

from tests.drills import Row, say
from tests.support.production import Site


def import_killed(folder):
    """Kill an import at ten random points, run it again, and compare with an import that was not killed."""
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3")
    site.manage("migrate", "--verbosity", "0")
    command = [sys.executable, "-m", "tests.drills.importing"]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    rows = json.loads(done.stdout.splitlines()[-1])
    for point, wrong in rows:
        say(f"killed at statement {point}: {wrong or 'the same'}")
    if any(wrong for _point, wrong in rows):
        say(done.stderr)
    same = sum(not wrong for _point, wrong in rows)
    return [Row("import killed, then run again", f"{same} of {len(rows)} the same", "all", same == len(rows))]
