"""Runs a temporary Redis or Valkey server for tests."""

import secrets
import shutil
import subprocess
from contextlib import contextmanager

from tests.support import services
from tests.support.front_server import wait_for

NAMES = ("valkey-server", "redis-server")


def redis_program(install=True):
    """Return the path of the server; if it is missing and `install` is true, install it. Raises Missing."""
    if not any(map(shutil.which, NAMES)) and install:
        services.install_debian_packages("redis-server")
    if path := next(filter(None, map(shutil.which, NAMES)), None):
        return path
    raise services.Missing("no Redis or Valkey here: install it (Debian's package is redis-server)")


@contextmanager
def running(program):
    """Context manager that runs a server without persistence, and yields its URL, with the password."""
    port, password = services.free_port(), secrets.token_hex()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--requirepass", password], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            yield f"redis://:{password}@127.0.0.1:{port}/0"
        finally:
            process.terminate()
