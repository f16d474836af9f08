"""Runs the linters, and the tests on SQLite and on PostgreSQL. `make test` runs it.

    python -m tests.run                                              all three steps, as on CI
    python -m tests.run lint                                         only the linters
    python -m tests.run sqlite tests/stories/test_feeds.py -k title  one database, some tests
    python -m tests.run sqlite postgresql -x -n 0                    stop at the first failure, one process

The first words choose the steps (without any, all three). The other arguments are passed on to pytest. The
last lines are the results of the steps. The exit status is 0 if nothing failed and, on CI, no program was
missing.
"""

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from xml.etree import ElementTree

from tests.support import front_server, postgresql_server, redis_server, services

PROGRAMS = Path(sys.executable).parent
LINTERS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["djlint", "--lint", "--quiet", "--allow-empty-input", "."],
    ["lint-imports", "--no-logo"],
]
# How many test processes, each with its own database. SQLite has three, because one often waits for a browser
# there. On PostgreSQL, a third would only slow down the others and the server.
PROCESSES = {"SQLite": 3, "PostgreSQL": 2}
# "load" keeps the order of pytest-django: tests that empty the database (such as those with a live server)
# come after those that need the rows that migrations create. "loadfile" and "worksteal" break that order. A
# chunk is one test, because some take very long.
PYTEST = [sys.executable, "-m", "pytest", "-rs", "--dist", "load", "--maxschedchunk", "1"]


@dataclass
class Outcome:
    """The result of a step: its closing line, and whether the whole run fails."""

    line: str
    failed: bool


def main(arguments):
    """Run the steps that `arguments` choose, print their outcomes, and return the exit status."""
    chosen = list(takewhile(STEPS.__contains__, arguments))
    pytest_arguments = arguments[len(chosen) :]
    outcomes = []
    for name in chosen or STEPS:
        outcomes += STEPS[name](pytest_arguments)
    print()
    for outcome in outcomes:
        print(outcome.line)
    return int(any(outcome.failed for outcome in outcomes))


def lint(_arguments):
    """Run every linter, even if one has failed."""
    complaints = []
    for command in LINTERS:
        announce(" ".join(command))
        if subprocess.call([PROGRAMS / command[0], *command[1:]]):
            complaints.append(" ".join(command))
    line = f"complaints from {'; '.join(complaints)}" if complaints else "no complaints"
    return [Outcome(f"Lint: {line}", failed=bool(complaints))]


def sqlite(arguments):
    """Run the tests on SQLite in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="tests-sqlite-") as folder:
        return run_tests("SQLite", f"sqlite:///{folder}/db.sqlite3", arguments)


def postgresql(arguments):
    """Run the tests on PostgreSQL, if a server is available."""
    try:
        with postgresql_server.postgres() as address:
            # Tests that the arguments choose run even if their result can't depend on the database.
            return run_tests("PostgreSQL", address, arguments or ["-m", "not one_database"])
    except services.Missing as missing:
        return [not_run("PostgreSQL", missing)]


STEPS = {"lint": lint, "sqlite": sqlite, "postgresql": postgresql}


def run_tests(name, address, arguments):
    """Run pytest on the database at `address`; return its Outcome, and one for each missing program."""
    outcomes = []
    environment = os.environ | {"DATABASE_URL": address}
    try:
        # Installed here if needed, so that no two test processes do it at the same time.
        environment["CHROMIUM"] = services.chromium()
    except services.Missing as missing:
        outcomes.append(not_run("Browser", missing))
    try:
        services.exiftool()
    except services.Missing as missing:
        outcomes.append(not_run("exiftool", missing))
    for program, find in (("nginx", front_server.nginx_program), ("Redis", redis_server.redis_program)):
        try:
            find()
        except services.Missing as missing:
            outcomes.append(not_run(program, missing))
    announce(f"pytest on {name}")
    with tempfile.TemporaryDirectory(prefix="tests-report-") as folder:
        report = Path(folder) / "report.xml"
        status = wait_for([*PYTEST, f"-n{PROCESSES[name]}", f"--junitxml={report}", *arguments], environment)
        return [*outcomes, counted(name, report, status)]


def wait_for(command, environment):
    """Run `command` and return its exit status. If this process is stopped, stop the command first."""
    process = subprocess.Popen(command, env=environment)
    try:
        return process.wait()
    except BaseException as reason:
        if not isinstance(reason, KeyboardInterrupt):  # on Ctrl-C the terminal signals both
            process.terminate()
        process.wait()
        raise


def counted(name, report, status):
    """Return the Outcome for pytest's JUnit `report` and exit `status`."""
    if not report.exists():
        return Outcome(f"{name}: pytest ended with status {status} and no count", failed=True)
    suites = ElementTree.parse(report).getroot()
    total, failures, errors, skipped = (
        sum(int(suite.get(count)) for suite in suites) for count in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    line = f"{name}: {total - failed - skipped} passed, {failed} failed, {skipped} skipped"
    return Outcome(line, failed=status != 0)


def not_run(name, missing):
    """Return the Outcome of a step for which a program is missing. Only on CI it is a failure."""
    return Outcome(f"{name}: not run, {missing}", failed=bool(os.environ.get("CI")))


def announce(text):
    print(f"\n--- {text}", flush=True)


def stop(_signal, _frame):
    # SystemExit leaves the "with" blocks, which end the servers.
    sys.exit(128 + signal.SIGTERM)


def exit_with(program):
    """Call `program` with the command line's arguments, and exit with the status that it returns."""
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(program(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    exit_with(main)
