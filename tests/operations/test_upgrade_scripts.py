"""deploy/upgrade and deploy/rollback, with a program in place of Docker whose commands fail on demand."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite_only
DEPLOY = Path(__file__).parents[2] / "deploy"
# Files in the folder STATE are the state: `running` is the image that runs, `database` the one that migrated
# last, and each other file a tag. FAIL is a pattern of the calls that fail when they are done: image, words.
DOCKER = r"""#!/bin/sh
cd "$STATE"
latest=$(cat latest)
case "$*" in
  "compose config"*) printf '%s\n' secrets database web scheduler front certificate ;;
  "image inspect --format"*) cat "${5#*:}" ;;
  "image inspect"*) [ -e "${3#*:}" ] || exit 1 ;;
  "build"*) echo "${BUILT:-new}" >next ;;
  "image rm"*) rm "${3#*:}" ;;
  "tag stories:"*) cp "${2#*:}" "${3#*:}" ;;
  "tag"*) echo "$2" >"${3#*:}" ;;
  "compose stop"*) rm -f running ;;
  "compose up"*) cp latest running ;;
  *" migrate --check") [ "$(cat database)" = "$latest" ] || exit 1 ;;
  *" prepare") cp latest database ;;
  *" backup") [ ! -e running ] && echo stories-1.tar.age ;;
  *" restore stories-1.tar.age") [ ! -e running ] && [ "$(cat)" = "$KEY" ] && echo old >database ;;
  *" restore "*) exit 1 ;;
esac || exit 1
case "$latest $*" in
  ${KILL:-none}) kill $PPID ;;
  ${FAIL:-none}) exit 1 ;;
esac
"""
READYZ = "*exec*front/readyz*"
SAME = {"database": "new"}  # the new version has no migrations
OUTCOMES = [
    # what the environment has, state before, then: exit status, running image, database, words
    ({}, {}, 0, "new", "new", "The site was upgraded"),
    ({"FAIL": "*build*"}, {}, 1, "old", "old", "not stopped"),
    ({"FAIL": "new*py check"}, {}, 1, "old", "old", "not stopped"),
    ({"FAIL": "*backup"}, {}, 1, "old", "old", "The version before runs again"),
    ({"FAIL": "*prepare"}, {}, 1, "old", "old", "The version before runs again"),
    ({"FAIL": f"new{READYZ}"}, {}, 1, "old", "old", "The version before runs again"),
    ({"FAIL": f"new{READYZ}"}, SAME, 1, "old", "new", "The version before runs again"),
    ({"FAIL": "*prepare", "KEY": "another"}, {}, 1, "old", "new", "was not restored"),
    ({"FAIL": READYZ}, {}, 1, "old", "old", "THE SITE IS DOWN"),
    ({"KILL": "*prepare"}, {}, 1, "old", "old", "The version before runs again"),
    ({"KILL": "*stop*"}, {}, 1, "old", "old", "The version before runs again"),
    ({}, {"latest": "new", "running": "new"}, 1, "new", "old", "runs already"),
]


@pytest.fixture
def run(tmp_path):
    """A function that runs a script, and returns its exit status, image, database and words."""
    state, programs = tmp_path / "state", tmp_path / "programs"
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    state.mkdir()
    programs.mkdir()
    for name, text in {"docker": DOCKER, "sleep": "#!/bin/sh\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    for name in ("latest", "running", "database"):
        (state / name).write_text("old\n")

    def run(script, *words, environment=None, files=None):
        for name, text in (files or {}).items():
            (state / name).write_text(f"{text}\n")
        variables = {"PATH": f"{programs}:{os.environ['PATH']}", "STATE": str(state), "KEY": "key"} | (
            environment or {}
        )
        command = [tmp_path / "deploy" / script, *words]
        done = subprocess.run(
            command, env=variables, input="key", capture_output=True, text=True, check=False
        )
        image, database = (
            (state / name).read_text().strip() if (state / name).exists() else ""
            for name in ("running", "database")
        )
        return done.returncode, image, database, done.stdout + done.stderr

    run.state = state
    return run


@pytest.mark.parametrize(("environment", "files", "status", "image", "database", "words"), OUTCOMES)
def test_upgrade_that_fails_leaves_the_version_before(
    run, environment, files, status, image, database, words
):
    *found, said = run("upgrade", environment=environment, files=files)
    assert found == [status, image, database], said
    assert (run.state / "latest").read_text() == f"{image}\n"  # what a later start would run
    assert words in said


def test_rollback_after_an_upgrade_that_failed_is_to_the_version_that_ran_before(run):
    run("upgrade")
    assert run("upgrade", environment={"FAIL": "*prepare", "BUILT": "newest"})[:2] == (1, "new")
    assert run("rollback")[:2] == (0, "old")


def test_rollback_keeps_the_database_unless_a_backup_is_named(run):
    assert "no version before" in run("rollback")[3]
    run("upgrade")
    assert run("rollback")[:3] == (0, "old", "new")
    assert run("rollback", "stories-1.tar.age")[:3] == (0, "old", "old")
    assert run("rollback", "stories-2.tar")[:3] == (1, "old", "old")
