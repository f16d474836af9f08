"""Checks the code's form, then runs the tests on SQLite and on PostgreSQL. `make test` runs it.

    python -m tests.run                                      all, as CI does
    python -m tests.run lint                                 only the code's form
    python -m tests.run sqlite tests/stories/test_feeds.py -k title  one database, some tests
    python -m tests.run sqlite postgresql -x -n 0            stop at the first failure, one process

The first words choose the steps (none: all three), the rest goes to pytest as it is. The last lines
say how each step went. The exit status is 0 when nothing failed and, on CI, nothing was missing.
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

from tests.support import front_server, redis_server, services

PROGRAMS = Path(sys.executable).parent
LINTERS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["djlint", "--lint", "--quiet", "--allow-empty-input", "."],
    ["lint-imports", "--no-logo"],
]
# How many processes, each with a database of its own. On SQLite, where the tests with a browser are, one
# of two would often wait for it; on PostgreSQL a third only slows the others, and the server.
PROCESSES = {"SQLite": 3, "PostgreSQL": 2}
# "load" deals the tests out in pytest-django's order: those that empty the database, as all with a
# live server do, come after those that count on what the migrations put in it. The other ways of
# dealing (loadfile, worksteal) break that order. One by one, as some take very long.
PYTEST = [sys.executable, "-m", "pytest", "-rs", "--dist", "load", "--maxschedchunk", "1"]


@dataclass
class Outcome:
    """How a step went: one closing line, and whether it makes the whole run fail."""

    line: str
    failed: bool


def main(arguments):
    """Run the steps that `arguments` choose, print how they went, and return the exit status."""
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
    """Run every linter, also after one complained."""
    complaints = []
    for command in LINTERS:
        announce(" ".join(command))
        if subprocess.call([PROGRAMS / command[0], *command[1:]]):
            complaints.append(" ".join(command))
    line = f"complaints from {'; '.join(complaints)}" if complaints else "no complaints"
    return [Outcome(f"Lint: {line}", failed=bool(complaints))]


def sqlite(arguments):
    """Run the tests on SQLite, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tests-sqlite-") as folder:
        return run_tests("SQLite", f"sqlite:///{folder}/db.sqlite3", arguments)


def postgresql(arguments):
    """Run the tests on PostgreSQL, if there is one to be had."""
    try:
        with services.postgres() as address:
            return run_tests("PostgreSQL", address, arguments or ["-m", "not sqlite_only"])
    except services.Missing as missing:
        return [not_run("PostgreSQL", missing)]


STEPS = {"lint": lint, "sqlite": sqlite, "postgresql": postgresql}


def run_tests(name, address, arguments):
    """Run pytest on the database at `address`; return how it went, and whether a browser lacked."""
    outcomes = []
    environment = os.environ | {"DATABASE_URL": address}
    try:
        # Found here once, so that no two test processes install it at the same time.
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
    """Return the exit status of `command`; when this process is stopped, it ends first."""
    process = subprocess.Popen(command, env=environment)
    try:
        return process.wait()
    except BaseException as reason:
        if not isinstance(reason, KeyboardInterrupt):  # the terminal sends a Ctrl-C to both
            process.terminate()
        process.wait()
        raise


def counted(name, report, status):
    """Return the outcome that pytest's JUnit `report` and exit `status` tell."""
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
    """Return the outcome of a step that lacks a program: only on CI is that a failure."""
    return Outcome(f"{name}: not run, {missing}", failed=bool(os.environ.get("CI")))


def announce(text):
    print(f"\n--- {text}", flush=True)


def stop(_signal, _frame):
    # Ends the "with" blocks, and so the servers, when this process is told to stop.
    sys.exit(128 + signal.SIGTERM)


def exit_with(program):
    """Run `program` with the words of the command line, and exit with the status that it returns."""
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(program(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    exit_with(main)
