"""Finds or installs programs that tests need: Chromium, exiftool, age, and wrk for benchmarks.

postgresql_server.py and front_server.py use its functions. A program of this machine is
preferred. An installation is announced on standard error.
"""

import os
import shutil
import socket
import subprocess
import sys
from functools import cache

from playwright.sync_api import sync_playwright

BROWSER_FLAGS = [
    "--disable-gpu",
    # Without it, the headless shell makes each letter as wide as whole pixels, which phones don't.
    "--font-render-hinting=none",
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
CHROMIUM_NAMES = ["chromium-headless-shell", "chromium", "chromium-browser"]
CHROMIUM_NAMES += ["google-chrome", "google-chrome-stable"]
CHROMIUM_MAC = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome")]


class Missing(Exception):
    """A program is missing and can't be installed. The message says why, in one line."""


# --- Chromium ------------------------------------------------------------------------------------


def chromium(install=True):
    """Return the path of a Chromium or Chrome that Playwright can control.

    If there is none on this machine and `install` is true, install one. Raises Missing if there is none.
    """
    driver = [sys.executable, "-m", "playwright"]
    if not version_line(*driver) and not (install and install_debian_packages("libatomic1")):
        raise Missing("Playwright's driver does not run here: it needs the library libatomic1")
    path = find_chromium()
    if not path and install:
        # Older systems do not have the first package.
        if not install_debian_packages("chromium-headless-shell", "fonts-dejavu-core"):
            install_debian_packages("chromium", "fonts-dejavu-core")
        path = find_chromium()
    if not path and install:
        say("Installing for the tests: Playwright's Chromium.")
        subprocess.run([*driver, "install", "chromium"], capture_output=True, check=False)
        path = downloaded_chromium()
    if not path:
        raise Missing("no Chromium here: install it, or set CHROMIUM to the path of Chrome")
    return path


def find_chromium():
    """Return the path of a Chromium or Chrome that runs, or None."""
    paths = [os.environ.get("CHROMIUM"), *map(shutil.which, CHROMIUM_NAMES), *CHROMIUM_MAC]
    return next((path for path in paths if path and version_line(path)), None) or downloaded_chromium()


def console_errors(message):
    """Return a list with the console message if it is an error, else an empty list."""
    error = f"console: {message.text} ({message.location.get('url', '')})"
    return [error] if message.type == "error" else []


def network_errors(request):
    """Return a list with the reason why a request failed, or an empty list if the page aborted it."""
    # Leaving a page aborts requests that are still running, and so does a download.
    aborted = request.failure == "net::ERR_ABORTED"
    return [] if aborted else [f"request: {request.url} {request.failure}"]


def launch(playwright, path, *flags):
    """Start the Chromium at `path`, with more `flags`. Its sandbox refuses to run as root."""
    options = {"args": [*BROWSER_FLAGS, *flags], "chromium_sandbox": os.geteuid() != 0}
    return playwright.chromium.launch(executable_path=path, **options)


def downloaded_chromium():
    """Return the path of Playwright's own Chromium if that runs, or None."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if version_line(path) else None


# --- Other programs ------------------------------------------------------------------------------


def exiftool(install=True):
    """Return the path of exiftool, which reads metadata in files. See `program`."""
    return program("exiftool", "libimage-exiftool-perl", install)


def age(install=True):
    """Return the path of age, which encrypts backups. See `program`."""
    return program("age", "age", install)


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


def free_port():
    """Return the number of a port of 127.0.0.1 that is free now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


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
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    return subprocess.run(["apt-get", "-qq", *words], env=environment, **streams, check=False)


def say(text):
    """Print `text` on standard error, since standard output is parsed by the benchmarks."""
    print(text, file=sys.stderr, flush=True)


def version_line(*program):
    """Return the output of `program --version`, or "" if it does not run (a broken link, a stub)."""
    command, options = [*program, "--version"], {"capture_output": True, "text": True, "timeout": 60}
    try:
        done = subprocess.run(command, **options, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def last_line(text):
    """Return the last line of `text` that is not blank, or ""."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")
