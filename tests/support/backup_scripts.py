"""Runs the scripts of docs/backups.md."""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import docker_stand_in, production

PAGE = Path(__file__).parents[2] / "docs" / "backups.md"


def script(section, title=None, number=0):
    """Return the script of the page with this `number` below the heading `section`, and below `title`."""
    text = PAGE.read_text().partition(f"\n## {section}\n")[2]
    if title:
        text = text.partition(f"\n### {title}\n")[2]
    return textwrap.dedent(re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)[number]).strip()


class Machine:
    """A machine with the folder /srv, on which docker_stand_in.py is the program `docker`.

    Arguments:
        folder: an empty folder, which is /srv.
        programs: the folder with the programs of PostgreSQL, if the scripts need them.
        variables: environment variables, for docker_stand_in.py and others.
    """

    def __init__(self, folder, programs="", **variables):
        self.folder, self.backups, self.calls = folder, folder / "backups", folder / "calls"
        for each in ("stories", "backups", "programs"):
            (folder / each).mkdir()
        docker = folder / "programs" / "docker"
        docker.write_text(f'#!/bin/sh\nexec {sys.executable} {docker_stand_in.PATH} "$@"\n')
        docker.chmod(0o755)
        path = [docker.parent, programs, Path(sys.executable).parent, os.environ["PATH"]]
        self.variables = production.BARE | variables
        self.variables |= {"CALLS": str(self.calls), "PATH": ":".join(str(each) for each in path if each)}

    def newest(self):
        """Return the beginning of the names of the newest backup."""
        return str(max(self.backups.glob("20*.tar.gpg"))).removesuffix(".tar.gpg")

    def run(self, text, *arguments):
        """Run the script `text`, and return the finished process."""
        text = text.replace("/srv/", f"{self.folder}/")
        command = ["bash", "-c", text, "script", *arguments]
        options = {"env": self.variables, "cwd": self.folder, "capture_output": True, "text": True}
        return subprocess.run(command, **options, check=False)


@contextmanager
def key_pair(path):
    """Make a key pair, and write its public half to `path`. Yield the variables for the private half."""
    # Not in the folder of the test: the path of a socket in it may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="gpg-") as home:
        environment = production.BARE | {"GNUPGHOME": home}
        options = ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "backups"]
        subprocess.run(["gpg", *options], env=environment, check=True, capture_output=True)
        exported = ["gpg", "--batch", "--armor", "--export", "backups"]
        path.write_bytes(subprocess.run(exported, env=environment, check=True, capture_output=True).stdout)
        try:
            yield {"GNUPGHOME": home}
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)


def server_variables(address):
    """Return the environment variables with which PostgreSQL's programs use the database at `address`."""
    parts = urlsplit(address)
    server = {"PGHOST": parts.hostname, "PGPORT": str(parts.port or 5432)}
    user = {"PGUSER": parts.username, "PGPASSWORD": parts.password}
    return server | user | dict.fromkeys(("PGDATABASE", "DATABASE"), parts.path.strip("/"))
