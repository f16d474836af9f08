"""Runs the drills and prints a table of the results. `make drill` runs it.

    python -m tests.drills                             all drills
    python -m tests.drills floods soak                 some

The exit status is 1 if a limit was exceeded, or if a drill failed or could not run. All files are deleted.
"""

import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.drills import availability, changes, is_equal
from tests.drills.floods import floods
from tests.drills.long_running import database_away, soak
from tests.drills.restoring import restore_killed
from tests.drills.stopping import stop_at_the_busiest_moment
from tests.drills.upgrading import upgrading
from tests.run import exit_with
from tests.support import postgresql_server, services

FUZZED = "safeguarding/test_every_order search/test_fuzz site_project/test_public_fuzz"
FUZZED += " editing/access/test_admin_routes browser/test_payloads media/test_bad_documents"


def random_input(_folder):
    """Run tests of random input, scripts in texts and bombs, with more of each."""
    # Without Chromium and PostgreSQL, tests.run would leave tests out, and its status would still be 0.
    services.chromium()
    postgresql_server.find_server_programs()
    environment = os.environ | {"FUZZ_EXAMPLES": "2000"}
    files = [f"tests/{name}.py" for name in FUZZED.split()]
    command = [sys.executable, "-m", "tests.run", "sqlite", "postgresql", *files]
    status = subprocess.call(command, env=environment)
    return [is_equal("random input: status with up to 2,000 examples", status, 0)]


# {name for the command line: drill}
DRILLS = [database_away, availability.junk_cookies, floods, changes.changes_at_once]
DRILLS += [stop_at_the_busiest_moment, restore_killed, upgrading, soak, random_input]
DRILLS = {drill.__name__: drill for drill in DRILLS}


def main(names):
    """Run the drills called `names`, or all; print the table, and return the exit status."""
    if unknown := set(names) - set(DRILLS):
        sys.exit(f"No drill {', '.join(sorted(unknown))}. There are: {', '.join(DRILLS)}")
    with tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o755)  # PostgreSQL runs as another user, who needs the folder
        rows = [row for name in names or DRILLS for row in run(name, Path(base) / name)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    print()
    for name, figure, limit, passed in rows:
        cells = zip((name, figure, limit), widths, strict=True)
        print("  ".join([*(f"{cell:{width}}" for cell, width in cells), "PASS" if passed else "FAIL"]))
    return int(not all(row[-1] for row in rows))


def run(name, folder):
    """Run one drill in the new `folder`; return its rows. The other drills run even if it fails."""
    print(f"\n--- {name}: {DRILLS[name].__doc__.splitlines()[0]}", flush=True)
    start = time.monotonic()
    folder.mkdir()
    try:
        rows = [(row.name, row.figure, row.limit, row.passed) for row in DRILLS[name](folder)]
    except Exception as error:
        if not isinstance(error, services.Missing):
            traceback.print_exc()
        rows = [(name, f"{type(error).__name__}: {error}", "", False)]
    print(f"  {time.monotonic() - start:.0f} s", flush=True)
    return rows


if __name__ == "__main__":
    exit_with(main)
