"""Runs the linters, and the tests on SQLite and on PostgreSQL. `make test` runs it.

    python -m tests.run                                              all three steps, as on CI
    python -m tests.run lint                                         only the linters
    python -m tests.run sqlite tests/stories/test_feeds.py -k title  one database, some tests
    python -m tests.run sqlite postgresql -x -n 0                    stop at the first failure, one process

The first words choose the steps (without any, all three). The other arguments are passed on to pytest. The
tests on PostgreSQL run beside the other steps, and what they print comes after them. The last lines are the
results of the steps. The exit status is 0 if nothing failed and, on CI, no program was missing.
"""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from xml.etree import ElementTree

from tests.support import front_server, postgresql_server, services

PROGRAMS = Path(sys.executable).parent
LINTERS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["djlint", "--lint", "--quiet", "--allow-empty-input", "."],
    ["lint-imports", "--no-logo"],
]
# The programs that tests need besides PostgreSQL, each with the function that finds or installs it.
PROGRAMS_OF_TESTS = {
    "Browser": services.chromium,
    "exiftool": services.exiftool,
    "age": services.age,
    "nginx": front_server.nginx_program,
}
# The number of test processes for each database, each with its own copy of it: as many as processors, and at
# least two, because one often waits for a browser. More than four would need much memory.
PROCESSES = min(max(os.cpu_count() or 2, 2), 4)
# "load" keeps the order of pytest-django: tests that empty the database (such as those with a live server)
# come after those that need the rows that migrations create. "loadfile" and "worksteal" break that order. A
# chunk is one test, because some take very long. "-rfEsR" lists failures, errors, and skipped and repeated
# tests at the end.
PYTEST = [sys.executable, "-m", "pytest", "-rfEsR", "--dist", "load", "--maxschedchunk", "1"]


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
    others = [name for name in chosen or STEPS if name != "postgresql"]
    is_beside = others and "postgresql" in (chosen or STEPS)
    background = in_background("postgresql", pytest_arguments) if is_beside else nullcontext(list)
    with background as finish:
        for name in others or chosen:  # PostgreSQL alone is not in the background.
            outcomes += STEPS[name](pytest_arguments)
        outcomes += finish()
    print("", *(outcome.line for outcome in outcomes), sep="\n")
    return int(any(outcome.failed for outcome in outcomes))


@contextmanager
def in_background(name, arguments):
    """Run the step `name` in another process, and stop it at the end if it still runs.

    Yields a function that waits for the step, prints what it printed, and returns its outcomes.
    """
    find_programs()  # installs them, which two processes may not do at the same time
    # With a lower priority, it uses the time in which the tests of this process wait for a browser.
    command = ["nice", sys.executable, "-m", "tests.run", name, *arguments]

    def finish():
        status = process.wait()
        output.seek(0)
        # main() prints an empty line before the outcomes.
        text, _, lines = output.read().rstrip().rpartition("\n\n")
        print(text)
        lines = lines.splitlines() or [f"{name}: ended with status {status} and printed nothing"]
        return [Outcome(line, failed=status != 0) for line in lines]

    with tempfile.TemporaryFile("w+") as output, running(command, stdout=output) as process:
        yield finish


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
            return run_tests("PostgreSQL", address, arguments or ["-m", "not sqlite_only"])
    except services.Missing as missing:
        return [not_run("PostgreSQL", missing)]


STEPS = {"lint": lint, "sqlite": sqlite, "postgresql": postgresql}


def run_tests(name, address, arguments):
    """Run pytest on the database at `address`; return its Outcome, and one for each missing program."""
    chromium, missing = find_programs()
    environment = {name: value for name, value in os.environ.items() if name not in site_variables()}
    environment |= {"DATABASE_URL": address} | ({"CHROMIUM": chromium} if chromium else {})
    # The tests start many processes, and pytest rewrites the tests' modules: compiling them once is enough.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    announce(f"pytest on {name}")
    with tempfile.TemporaryDirectory(prefix="tests-report-") as folder:
        report = Path(folder) / "report.xml"
        command = [*PYTEST, f"-n{PROCESSES}", f"--junitxml={report}", *arguments]
        with running(command, env=environment) as process:
            status = process.wait()
        return [*missing, counted(name, report, status)]


def site_variables():
    """Return the names of the site's variables. The shell can have those of a site in production."""
    lines = Path(".env.example").read_text().splitlines()
    return {line.partition("=")[0] for line in lines if not line.startswith("#")}


@cache
def find_programs():
    """Find or install the programs that tests need.

    Returns the path of Chromium, or None, and a list with an Outcome for each missing program.
    """
    found, missing = {}, []
    for name, find in PROGRAMS_OF_TESTS.items():
        try:
            found[name] = find()
        except services.Missing as reason:
            missing.append(not_run(name, reason))
    return found.get("Browser"), missing


@contextmanager
def running(command, **options):
    """Run `command` with the `options` of Popen, and yield its process. An exception in the block ends it."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    except BaseException as reason:
        if not isinstance(reason, KeyboardInterrupt):  # on Ctrl-C the terminal signals both
            process.terminate()
        raise
    finally:
        process.wait()


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
