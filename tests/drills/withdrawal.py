"""Drills about withdrawals, which erase somebody who takes back their consent.

They are about a killed process, what is left anywhere, and the time until a story is gone. Two of them run a
module in a process of its own, with the settings of a site: withdrawal_process.py and leaving.py.
"""

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from tests.drills import Row, say
from tests.drills.sites import Postgres, site_on_postgresql
from tests.support import bucket_server, front_server
from tests.support.production import Site, new_safeguarding_key

STORIES = 1000
# Seconds from the confirmation until no process, and no nginx, answers with the story.
SITE_LIMIT, NGINX_LIMIT = 5, 7
# The places where no word is ever written, so that there is nothing to find before a withdrawal.
ALWAYS_EMPTY = {"data folder", "log"}
# Makes a person with stories, and prints the key of the person and the address of the first story.
MAKE_PERSON = """
from tests.support import withdrawal_world
person = withdrawal_world.make_named_person()
withdrawal_world.make_own_stories(person)
print(person.pk, withdrawal_world.HOME)
"""
# Withdraws the person after a line of input, as a confirmation does.
WITHDRAW = """
from safeguarding.models import Contributor
from safeguarding.withdrawal.carry_out import withdraw
person = Contributor.objects.get(pk={person})
print("ready", flush=True)
input()
withdraw(person)
"""


def run_module(name, site, *arguments):
    """Run a module with the environment of `site`. Return (its last line as JSON, its standard error)."""
    command = [sys.executable, "-m", name, *arguments]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def withdrawal_killed(folder):
    """Kill a withdrawal before and after each of its steps; look for what the scheduler's next run left."""
    site = Site(folder, f"sqlite:///{folder}/data/db.sqlite3", SAFEGUARDING_KEYS=new_safeguarding_key())
    site.manage("migrate", "--verbosity", "0")
    rows, log = run_module("tests.drills.withdrawal_process", site)
    for step, moment, wrong in rows:
        say(f"killed {moment} {step}: {wrong or 'complete'}")
    if any(wrong for _step, _moment, wrong in rows):
        say(log)
    complete = sum(not wrong for _step, _moment, wrong in rows)
    figure = f"{complete} of {len(rows)} complete"
    return [Row("withdrawal killed, then one run of the scheduler", figure, "all", complete == len(rows))]


# --- What is left --------------------------------------------------------------------------------


def withdrawal_leaves_nothing(folder):
    """Look for a withdrawn person in PostgreSQL's dump and files, a bucket, all pages, and the log."""
    server = Postgres(folder, new=True)
    server.start()
    try:
        with bucket_server.running() as bucket:
            # The crawler asks for the host of the tests.
            variables = {"DJANGO_SETTINGS_MODULE": "tests.settings", "S3_BUCKET": "stories"}
            site = Site(folder, server.address, **variables, **bucket)
            site.manage("migrate", "--verbosity", "0")
            places, log = run_module("tests.drills.leaving", site, str(folder))
    finally:
        server.stop()
    for line in log.splitlines():
        if line.endswith(" addresses"):
            say(line)
    return [
        Row(
            f"withdrawal: words in {place}",
            f"{len(before)} before, {', '.join(after) or 0} after",
            "0 before, 0 after" if place in ALWAYS_EMPTY else "> 0 before, 0 after",
            # If none was found before, the search may not work.
            bool(before) != (place in ALWAYS_EMPTY) and not after,
        )
        for place, (before, after) in places.items()
    ]


# --- The time until a story is gone --------------------------------------------------------------


def withdrawal_at_once(folder):
    """Withdraw a person, and measure until two servers and nginx answer 410."""
    with site_on_postgresql(folder, STORIES) as (site, _database):
        site.environment["SAFEGUARDING_KEYS"] = new_safeguarding_key()
        person, address = site.manage("shell", "--no-imports", "-c", MAKE_PERSON).stdout.split()[-2:]
        other, front = (Site(folder, site.environment["DATABASE_URL"]) for _each in range(2))
        other.environment = site.environment
        with running(site), running(other):
            program, upstream = front_server.nginx_program(), f"127.0.0.1:{other.port}"
            data = folder / "data"
            with front_server.running(program, upstream, data, scheme="https") as (front.port, _logs):
                servers = {"one server": site, "another server": other, "nginx": front}
                with lead(site, person) as send:
                    seconds = time_to_410(servers, address, send)
    return [
        Row(f"withdrawal, {STORIES} stories: 410 from {which}", f"{took:.1f} s", f"< {limit} s", took < limit)
        for which, took in seconds.items()
        for limit in [NGINX_LIMIT if which == "nginx" else SITE_LIMIT]
    ]


@contextmanager
def running(site):
    site.start(workers=1)
    try:
        yield
    finally:
        site.stop()


@contextmanager
def lead(site, person):
    """Context manager that yields a function that withdraws `person` in a process of its own.

    On a real site a safeguarding lead, who keeps the records of people, confirms a withdrawal in the admin.
    """
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", WITHDRAW.format(person=person)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=site.environment, **pipes) as process:
        process.stdout.readline()  # Django is loaded
        yield lambda: process.communicate("\n")


def time_to_410(servers, address, send):
    """Return {name: seconds} from the confirmation until the last answer other than 410.

    `servers`: {name: Site}, which are asked for `address` all the time. `send`: function that confirms.
    """
    answers, is_over = {name: [] for name in servers}, threading.Event()

    def read(name):
        while not is_over.is_set():
            status = servers[name].ask(address)[0]
            answers[name].append((time.monotonic(), status))
            time.sleep(0.02)

    threads = [threading.Thread(target=read, args=[name]) for name in servers]
    for thread in threads:
        thread.start()
    time.sleep(2)  # all of them have the story in their caches
    before = {name: {status for _when, status in found} for name, found in answers.items()}
    assert before == {name: {200} for name in servers}, before
    start = time.monotonic()
    send()
    say(f"the confirmation took {time.monotonic() - start:.1f} s")
    time.sleep(2 * NGINX_LIMIT)
    is_over.set()
    for thread in threads:
        thread.join()
    assert {found[-1][1] for found in answers.values()} == {410}, answers
    return {
        name: max(when for when, status in found if status != 410) - start for name, found in answers.items()
    }
