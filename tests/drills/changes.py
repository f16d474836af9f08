"""Drill of changes: the time until a story that is changed, hidden or withdrawn shows so everywhere."""

import json
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

from tests.drills import Row, say
from tests.drills.availability import Front, replicas
from tests.drills.sites import Readers
from tests.support import front_server
from tests.support.production import new_safeguarding_key

LIMIT = 3  # seconds until a change shows everywhere
OLD, NEW = "Before the change", "After the change"
# Code of writers, which have the story as `story`, the only person in it as `person`, and another story as
# `other`. They call begin() when the time begins.
CHANGES = {
    # Publishing takes some time, so the time begins with the commit.
    "published": """
with transaction.atomic():
    publish(story)
    begin()
""",
    "hidden": "begin(); hide(story)",
    "taken down": "begin(); take_down(person, None)",
    "withdrawn": "begin(); withdraw(person)",
    # Another transaction begins later, ends earlier, and shows everywhere in the meantime.
    "committed out of order": """
with transaction.atomic():
    publish(story)
    thread = Thread(target=publish, args=[other])
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    time.sleep(3)
    begin()
""",
    "committed by a writer that is killed": """
with transaction.atomic():
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    publish(story)
    begin()
""",
    "not committed by a writer that is killed": """
with transaction.atomic():
    publish(story)
    begin()
    os.kill(os.getpid(), signal.SIGKILL)
""",
}
# {change: what each server answers then: the title of the story, or a status}. Others than these show NEW.
AFTER = {"hidden": 404, "taken down": 404, "withdrawn": 404, "not committed by a writer that is killed": OLD}
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
from publishing.hiding import hide
from safeguarding.holds import take_down
from safeguarding.withdrawal.carry_out import withdraw
from stories.models import StoryPage

def publish(page):
    page.title = {NEW!r}
    page.save_revision().publish()

def begin():
    print("begin", flush=True)

story, other = (StoryPage.objects.get(pk=key) for key in {{keys}})
person = story.story_people.get().contributor
print("ready", flush=True)
input()
{{change}}
"""


def changes_at_once(folder):
    """Change stories, and measure until two machines, and nginx before both, show it under load."""
    with replicas(folder, SAFEGUARDING_KEYS=new_safeguarding_key()) as sites, ExitStack() as stack:
        number = len(CHANGES) + 1  # the last story is the other one
        made = sites[0].manage("shell", "--no-imports", "-c", MAKE_STORIES.format(number))
        *stories, (other, _address) = json.loads(made.stdout.splitlines()[-1])
        for site in sites:
            site.start(workers=2)
        upstream, program = [f"127.0.0.1:{site.port}" for site in sites], front_server.nginx_program()
        running = front_server.running(program, upstream, folder / "data", scheme="https")
        front = Front(stack.enter_context(running)[0])
        front.facts = sites[0].facts
        servers = {"one machine": sites[0], "another": sites[1], "nginx": front}
        for server in [*servers.values()] * 10:  # until each process has started
            server.ask("/")
        stack.enter_context(Readers(front))
        return [
            measure(name, servers, address, writer(sites[0], CHANGES[name], [key, other]))
            for name, (key, address) in zip(CHANGES, stories, strict=True)
        ]


def writer(site, change, keys):
    """Start a process that makes a `change` after a line of input."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    code = WRITER.format(keys=keys, change=change)
    return subprocess.Popen([*command, code], env=site.environment, **pipes)


def measure(name, servers, address, process):
    """Return a Row about the time until all of `servers` answer at `address` as the change `name` says."""
    answers, is_over = {server: [] for server in servers}, threading.Event()

    def read(server):
        while not is_over.is_set():
            status, _headers, body = servers[server].ask(address)
            title = next((title for title in (OLD, NEW) if f">{title}</h1>".encode() in body), status)
            answers[server].append((time.monotonic(), title))
            time.sleep(0.02)

    threads = [threading.Thread(target=read, args=[server]) for server in servers for _process in range(2)]
    with process:
        assert process.stdout.readline() == "ready\n"
        for thread in threads:
            thread.start()
        time.sleep(2)  # each process has the story in its memory
        before = {answer for found in answers.values() for _when, answer in found}
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "begin\n"
        start = time.monotonic()
    say(f"{name}: the writer ended with {process.returncode} {time.monotonic() - start:.1f} s later")
    time.sleep(2 * LIMIT)
    is_over.set()
    for thread in threads:
        thread.join()
    after = AFTER.get(name, NEW)
    wrong = {OLD, NEW} - {after}
    took = {
        server: max([0, *(when - start for when, answer in found if answer in wrong)])
        for server, found in answers.items()
    }
    last = {found[-1][1] for found in answers.values()}
    figure = ", ".join(f"{server} {seconds:.1f} s" for server, seconds in took.items())
    passed = before == {OLD} and last == {after} and max(took.values()) < LIMIT
    return Row(f"{name}: {last} instead of {before}", figure, f"{{{after!r}}}, < {LIMIT} s", passed)
