"""Runs a temporary Redis or Valkey server for tests."""

import secrets
import shutil
import signal
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


class Redis:
    """A server without persistence, not started. `address`: its URL, with the password."""

    def __init__(self, program, *options):
        self.port, self.password = services.free_port(), secrets.token_hex()
        self.address = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.command = [
            program,
            "--bind",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--requirepass",
            self.password,
        ]
        self.command += ["--save", "", "--appendonly", "no", *options]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        wait_for(self.port, self.process)

    def suspend(self):
        """Let the server hang: it accepts connections, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running(program):
    """Context manager that runs a server without persistence, and yields its URL, with the password."""
    server = Redis(program)
    try:
        server.start()
        yield server.address
    finally:
        server.stop()
