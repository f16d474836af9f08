"""Runs the drills and prints a table of the results. `make drill` runs it.

    python -m tests.drills                             all drills
    python -m tests.drills stampede floods             some

The exit status is 1 if a limit was exceeded, or if a drill failed or could not run. All files are deleted.
"""

import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.drills import Row
from tests.drills.availability import junk_cookies
from tests.drills.changes import changes_at_once
from tests.drills.documents import document_bombs
from tests.drills.floods import floods
from tests.drills.long_running import database_away, soak
from tests.drills.stampede import stampede
from tests.drills.stopping import stop_at_the_busiest_moment
from tests.drills.withdrawal import withdrawal_killed, withdrawal_leaves_nothing
from tests.run import exit_with
from tests.support import postgresql_server, services


def random_input(_folder):
    """Run tests with random input and of scripts in texts, with more examples."""
    # Without Chromium and PostgreSQL, tests.run would leave tests out, and its status would still be 0.
    services.chromium()
    postgresql_server.find_server_programs()
    environment = os.environ | {"FUZZ_EXAMPLES": "2000"}
    names = [
        "safeguarding/test_every_order",
        "search/test_fuzz",
        "site_project/test_public_fuzz",
        "editing/test_admin_routes",
        "browser/test_payloads",
    ]
    files = [f"tests/{name}.py" for name in names]
    status = subprocess.call(
        [sys.executable, "-m", "tests.run", "sqlite", "postgresql", *files], env=environment
    )
    return [Row("random input: up to 2,000 examples", f"status {status}", "0", status == 0)]


# {name for the command line: drill}
DRILLS = {
    drill.__name__: drill
    for drill in (
        document_bombs,
        database_away,
        junk_cookies,
        stampede,
        floods,
        withdrawal_killed,
        withdrawal_leaves_nothing,
        changes_at_once,
        stop_at_the_busiest_moment,
        soak,
        random_input,
    )
}


def main(names):
    """Run the drills called `names`, or all; print the table, and return the exit status."""
    if unknown := set(names) - set(DRILLS):
        sys.exit(f"No drill {', '.join(sorted(unknown))}. There are: {', '.join(DRILLS)}")
    with tempfile.TemporaryDirectory(prefix="drill-", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o755)  # PostgreSQL runs as another user, who needs the folder
        rows = run_all(names or DRILLS, Path(base))
    show(rows)
    return int(not all(row.passed for row in rows))


def run_all(names, base):
    rows = []
    for name in names:
        print(f"\n--- {name}: {DRILLS[name].__doc__.splitlines()[0]}", flush=True)
        start = time.monotonic()
        rows += run(name, base)
        print(f"  {time.monotonic() - start:.0f} s", flush=True)
    return rows


def run(name, base):
    """Run one drill in a new folder in `base`; return its rows."""
    folder = base / name
    folder.mkdir()
    try:
        return DRILLS[name](folder)
    except services.Missing as missing:
        return [Row(name, f"not run: {missing}", "", passed=False)]
    except Exception as error:
        # The other drills still run, and the table has their results.
        traceback.print_exc()
        return [Row(name, f"failed: {type(error).__name__}", "", passed=False)]


def show(rows):
    """Print the table of `rows`."""
    print()
    widths = [max(len(getattr(row, field)) for row in rows) for field in ("name", "figure", "limit")]
    for row in rows:
        cells = [
            f"{cell:{width}}" for cell, width in zip((row.name, row.figure, row.limit), widths, strict=True)
        ]
        print("  ".join([*cells, "PASS" if row.passed else "FAIL"]))


if __name__ == "__main__":
    exit_with(main)
