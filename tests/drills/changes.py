"""Drill of changes: the time until a story that is changed, hidden or withdrawn shows so everywhere."""

import json
import random
import threading
import time

from tests.drills import Row, availability, say
from tests.drills.sites import python, tell
from tests.support.production import new_safeguarding_key

LIMIT = 3  # seconds until a change shows everywhere
OLD, NEW = "Before the change", "After the change"
# {name: (code of a writer, what each server answers then: the title of the story, or a status)}. A writer has
# the story as `story`, the only person in it as `person`, and another story as `other`. It calls begin() when
# the time begins.
CHANGES = {
    # Publishing takes some time, so the time begins with the commit.
    "published": ("with transaction.atomic(): publish(story); begin()", NEW),
    "hidden": ("begin(); hide(story)", 404),
    "taken down": ("begin(); take_down(person, None)", 404),
    "withdrawn": ("begin(); withdraw(person)", 404),
    # Another transaction begins later, ends earlier, and shows everywhere in the meantime.
    "committed out of order": ("with transaction.atomic(): publish(story); publish_other(); begin()", NEW),
    "committed and killed": ("with transaction.atomic(): on_commit(die); publish(story); begin()", NEW),
    "killed before the commit": ("with transaction.atomic(): publish(story); begin(); die()", OLD),
}
# Makes a story for each change, and prints their keys and addresses.
MAKE_STORIES = f"""
import json
from tests.support import people
stories = [people.make_story_about(people.make_agreeing_person(), title={OLD!r}) for _change in range({{}})]
print(json.dumps([(story.pk, story.url) for story in stories]))
"""
WRITER = f"""
import os, signal, time
from threading import Thread
from django.db import transaction
from django.db.transaction import on_commit
from publishing.hiding import hide
from safeguarding.holds import take_down
from safeguarding.withdrawal.carry_out import withdraw
from stories.models import StoryPage

def publish(page):
    page.title = {NEW!r}
    page.save_revision().publish()

def publish_other():
    thread = Thread(target=publish, args=[other])
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    time.sleep(3)

def begin():
    print("begin", flush=True)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

story, other = (StoryPage.objects.get(pk=key) for key in {{keys}})
person = story.story_people.get().contributor
print("ready", flush=True)
input()
{{change}}
"""


def changes_at_once(folder):
    """Change stories, and measure until two machines, and nginx before both, show it under load."""
    with availability.replicas(folder, SAFEGUARDING_KEYS=new_safeguarding_key()) as sites:
        number = len(CHANGES) + 1  # the last story is the other one
        made = sites[0].manage("shell", "--no-imports", "-c", MAKE_STORIES.format(number))
        *stories, (other, _address) = json.loads(made.stdout.splitlines()[-1])
        for site in sites:
            site.start(workers=2)
        with availability.nginx(*sites) as front:
            servers = {"one machine": sites[0], "another": sites[1], "nginx": front}
            for server in [*servers.values()] * 10:  # until each process has started
                server.ask("/")
            pages, rows = sites[0].facts["pages"], []
            for name, (key, address) in zip(CHANGES, stories, strict=True):
                change, after = CHANGES[name]
                process = writer(sites[0], change, [key, other])
                rows.append(measure(name, servers, address, process, after, pages))
            return rows


def writer(site, change, keys):
    """Start a process that makes a `change` after a line of input."""
    return python(site, WRITER.format(keys=keys, change=change))


def measure(name, servers, address, process, after, pages):
    """Return a Row about the time until all of `servers` answer at `address` as `after` says."""
    answers, is_over = {server: [] for server in servers}, threading.Event()

    def read(server):
        while not is_over.is_set():
            status, _headers, body = servers[server].ask(address)
            title = next((title for title in (OLD, NEW) if f">{title}</h1>".encode() in body), status)
            answers[server].append((time.monotonic(), title))
            servers[server].ask(random.choice(pages))  # noqa: S311 - the load

    threads = [threading.Thread(target=read, args=[server]) for server in servers for _thread in range(3)]
    with process:
        assert process.stdout.readline() == "ready\n"
        for thread in threads:
            thread.start()
        time.sleep(2)  # each process has the story in its memory
        before = {answer for found in answers.values() for _when, answer in found}
        tell(process)
        assert process.stdout.readline() == "begin\n"
        start = time.monotonic()
    say(f"{name}: the writer ended with {process.returncode} {time.monotonic() - start:.1f} s later")
    time.sleep(2 * LIMIT)
    is_over.set()
    for thread in threads:
        thread.join()
    wrong = {OLD, NEW} - {after}
    took = {
        server: max([0, *(when - start for when, answer in found if answer in wrong)])
        for server, found in answers.items()
    }
    last = {found[-1][1] for found in answers.values()}
    figure = ", ".join(f"{server} {seconds:.1f} s" for server, seconds in took.items())
    passed = before == {OLD} and last == {after} and max(took.values()) < LIMIT
    return Row(f"{name}: {last} instead of {before}", figure, f"{{{after!r}}}, < {LIMIT} s", passed)
