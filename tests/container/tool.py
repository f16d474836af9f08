"""Docker or podman, and the count of checks."""

import json
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from tests.support import services
from tests.support.environment import ROOT

IMAGE = "stories"  # its name in compose.yaml


class Checks:
    """Counts and prints the results of checks."""

    def __init__(self):
        self.passed = self.failed = 0

    def that(self, what, holds, why=""):
        """Print the check `what`, whether it `holds`, and otherwise the reason `why`."""
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)
        print(f"{'ok   ' if holds else 'FAIL '} {what}{'' if holds else f': {why}'}", flush=True)


class Tool:
    """Docker or podman, whichever this machine has."""

    def __init__(self):
        self.name = next((name for name in ("docker", "podman") if shutil.which(name)), None)
        if not self.name:
            raise services.Missing("no docker and no podman here: install one of them")
        if "podman" in self("--version"):  # Debian's podman-docker calls it docker.
            self.name = "podman"

    def __call__(self, *words, check=True):
        """Run a command and return its output, or with check=False the finished process."""
        done = subprocess.run([self.name, *words], capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{self.name} {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip() if check else done

    def build(self):
        # podman's default format has no HEALTHCHECK.
        form = ["--format", "docker"] if self.name == "podman" else []
        command = [self.name, "build", *form, "--tag", IMAGE, ROOT]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return json.loads(self("image", "inspect", IMAGE))[0]

    @contextmanager
    def health_checks(self):
        """Context manager that runs all health checks, for which podman needs systemd."""
        done = Event()

        def run():
            while not done.wait(3):
                for container in self("ps", "--quiet").split():
                    self("healthcheck", "run", container, check=False)

        thread = Thread(target=run)
        if self.name == "podman" and not Path("/run/systemd/system").exists():
            thread.start()
        try:
            yield
        finally:
            done.set()
            if thread.ident:
                thread.join()
