"""Builds the sites of the drills: with stories, and a PostgreSQL server that can be stopped."""

import json
import subprocess
import sys
from contextlib import contextmanager

from tests.drills import say
from tests.support import postgresql_server, production


@contextmanager
def site_on_postgresql(folder, stories=200):
    """Context manager that yields a Site with `stories` stories, not started, and its running Server.

    The first drill makes the stories in a template; each drill has a copy of it.
    """
    template = folder.parent / f"template-{stories}"
    if not template.exists():
        (template / "postgresql").mkdir(parents=True)
        with running_server(template, "fast") as server:
            say(f"making {stories} stories")
            site = production.Site(template, server.address)
            site.manage("migrate", "--verbosity", "0")
            facts = run_module("tests.bench.stories", site, str(stories), "120")
            (template / "facts").write_text(json.dumps(facts))
    # cp keeps the owners, which PostgreSQL checks. shutil.copytree() does not.
    subprocess.run(["cp", "-a", f"{template}/.", folder], check=True)
    with running_server(folder) as server:
        site = production.Site(folder, server.address)
        site.facts = json.loads((folder / "facts").read_text())
        try:
            yield site, server
        finally:
            site.stop()


@contextmanager
def running_server(folder, mode="immediate"):
    """Context manager that yields a running Server with its data in `folder`. `mode`: how it stops."""
    server = postgresql_server.Server(folder / "postgresql")
    server.start()
    try:
        yield server
    finally:
        server.stop(mode)


def run_module(name, site, *arguments):
    """Run a module with the environment of `site`; return its output as JSON."""
    command = [sys.executable, "-m", name, *arguments]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def python(site, code):
    """Start a process of `site` that runs `code`; return it. It can wait for a line that tell() sends."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=site.environment, **pipes)


def tell(process):
    process.stdin.write("\n")
    process.stdin.flush()
