"""Drill of a stampede: many visitors on a few pages, while an editor publishes a change each second."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

from tests.drills import Row, say
from tests.drills.sites import site_on_postgresql
from tests.drills.wrk import run_wrk
from tests.support import front_server

# With fewer stories, pages are made so fast that few requests wait for one another.
STORIES = int(os.environ.get("DRILL_STORIES", "10000"))
SECONDS = int(os.environ.get("DRILL_SECONDS", "60"))  # straight, and again behind nginx
CONNECTIONS = 200
MAX_P99 = 500  # milliseconds
# Publishes a story with another title each second. An edit that takes longer delays the next one.
EDITS = """
import time
from stories.models import StoryPage
print("ready", flush=True)
input()
begin = time.monotonic()
for number in range({seconds}):
    story = StoryPage.objects.get(pk={story})
    story.title = f"Edit {{number}}"
    story.save_revision().publish()
    time.sleep(max(0, begin + number + 1 - time.monotonic()))
print(f"{{time.monotonic() - begin:.1f}}")
"""


def stampede(folder):
    """Ask for the home page, a list, a filter and a story with 200 connections while a story is edited."""
    with site_on_postgresql(folder, STORIES) as (site, _database):
        site.environment["DJANGO_SETTINGS_MODULE"] = "tests.support.settings_counting"
        home, _index, story, _search = site.facts["addresses"]
        pages = [home, story, site.facts["list"], site.facts["filter"]]
        site.start()
        for page in pages:
            site.ask(page)
        program, upstream = front_server.nginx_program(), f"127.0.0.1:{site.port}"
        with front_server.running(program, upstream, folder / "data", scheme="https") as (port, _logs):
            return [
                row
                for name, at in (("straight", site.port), ("nginx", port))
                for row in measure(name, at, site, pages)
            ]


def measure(name, port, site, pages):
    """Yield Rows about SECONDS of requests for `pages` at `port`."""
    renders = site.folder / "data" / "renders"
    renders.write_text("")
    with editor(site) as process:
        process.stdin.write("\n")
        process.stdin.flush()
        result = run_wrk(port, pages, site.folder, SECONDS, connections=CONNECTIONS)
        took = process.communicate()[0].strip()
    # A line is a process, a content version and an address: the same line twice is a page made twice.
    made = Counter(renders.read_text().splitlines())
    say(
        f"{name}: {result.rate:.0f} requests a second, {made.total()} pages made, {SECONDS} edits in {took} s"
    )
    shown = f"Edit {SECONDS - 1}".encode() in site.ask(pages[1])[2]
    name = f"stampede, {name}"
    yield Row(f"{name}: errors", result.errors or "0", "0", not result.errors)
    yield Row(f"{name}: p99", f"{result.p99:.0f} ms", f"< {MAX_P99} ms", result.p99 < MAX_P99)
    twice = sum(number - 1 for number in made.values())
    figure = f"{twice} of {made.total()}"
    yield Row(f"{name}: pages made again by the same process", figure, "0", bool(made) and not twice)
    yield Row(f"{name}: the last edit is shown", f"{shown}", "True", shown)


@contextmanager
def editor(site):
    """Context manager that yields the process that edits. It begins after a line of input."""
    code = EDITS.format(seconds=SECONDS, story=site.facts["story"])
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=site.environment, **pipes)
    try:
        process.stdout.readline()  # Django is loaded
        yield process
    finally:
        process.kill()
        process.wait()
