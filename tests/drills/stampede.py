"""Drill of a stampede: many visitors on a few pages, while an editor publishes a change each second."""

import os
from collections import Counter

from tests.drills import availability, is_at_most, is_equal, say, sites, wrk

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
    with sites.site_on_postgresql(folder, STORIES) as (site, _database):
        site.environment["DJANGO_SETTINGS_MODULE"] = "tests.support.settings_counting"
        home, _index, story, _search = site.facts["pages"]
        pages = [home, story, *(site.facts["addresses"][kind] for kind in ("index", "filter"))]
        site.start()
        for page in pages:
            site.ask(page)
        with availability.nginx(site) as front:
            servers = {"straight": site, "nginx": front}
            return [row for name, at in servers.items() for row in measure(name, at.port, site, pages)]


def measure(name, port, site, pages):
    """Yield Rows about SECONDS of requests for `pages` at `port`."""
    renders = site.folder / "data" / "renders"
    renders.write_text("")
    with sites.python(site, EDITS.format(seconds=SECONDS, story=site.facts["story"])) as editor:
        assert editor.stdout.readline() == "ready\n"
        sites.tell(editor)
        result = wrk.run_wrk(port, pages, site.folder, SECONDS, connections=CONNECTIONS)
        took = editor.communicate()[0].strip()
    # A line is a process, a content version and an address: the same line twice is a page made twice.
    made = Counter(renders.read_text().splitlines())
    say(f"{name}: {result.rate:.0f} a second, {made.total()} pages made, {SECONDS} edits in {took} s")
    shown = f"Edit {SECONDS - 1}".encode() in site.ask(pages[1])[2]
    twice = sum(number - 1 for number in made.values()) if made else "no page was made"
    name = f"stampede, {name}"
    yield is_equal(f"{name}: errors", result.errors or 0, 0)
    yield is_at_most(f"{name}: p99", result.p99, MAX_P99, " ms")
    yield is_equal(f"{name}: pages made again by the same process", twice, 0)
    yield is_equal(f"{name}: the last edit is shown", shown, True)
