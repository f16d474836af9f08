"""Drill of a stop code at the busiest moment: the database is slow, and the page is being published."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from tests.drills import Row, availability, floods, wrk
from tests.drills.changes import LIMIT, NEW, OLD, writer
from tests.support import front_server
from tests.support.production import new_safeguarding_key

# Makes a story of somebody with a stop code, and a copy of the database as a backup.
PREPARE = f"""
import json
from django.db import connection
from safeguarding.models import StopCode
from safeguarding.withdrawal import ledger
from tests.support import people
person = people.make_agreeing_person()
story = people.make_story_about(person, title={OLD!r})
code = StopCode.make(person)
ledger.write()
connection.cursor().execute("CREATE DATABASE backup TEMPLATE postgres")
print(json.dumps([story.pk, story.url, code]))
"""
# Prints when the row of the code was committed, in seconds since 1970.
COMMITTED = """
from django.db import connection
query = "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM safeguarding_stopcode"
print(connection.cursor().execute(query).fetchone()[0])
"""
FORM = "application/x-www-form-urlencoded"
# It has locked its page when it says so, and commits later.
PUBLISH = "with transaction.atomic(): publish(story); begin(); time.sleep(5)"


def stop_at_the_busiest_moment(folder):
    """Send a stop code while each statement takes 0.3 s, beside searches, and while the page is published."""
    slow = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_slow"}
    with availability.replicas(folder, 1, SAFEGUARDING_KEYS=new_safeguarding_key(), **slow) as (site,):
        shell = ("shell", "--no-imports", "-c")
        story, address, code = json.loads(site.manage(*shell, PREPARE).stdout.splitlines()[-1])
        site.start(workers=2)
        program, upstream = front_server.nginx_program(), f"127.0.0.1:{site.port}"
        with front_server.running(program, upstream, folder / "data/served", scheme="https") as (port, _logs):
            answers, took, done = stop_while_others_ask(site, availability.Front(port), address, story, code)
        site.stop()
        committed = float(site.manage(*shell, COMMITTED).stdout.splitlines()[-1])
        last = max(when for when, shows in answers if shows) - committed
        # As after the restore of a backup.
        site.environment["DATABASE_URL"] = site.environment["DATABASE_URL"].replace("/postgres", "/backup")
        (folder / "data" / "slow").unlink()
        site.manage("prepare")
        site.start()
        restored = site.ask(address)[0]
    is_done = b">It is done" in done and took < 60
    return [
        Row("stop code: answered", f"{took:.1f} s", "It is done, < 60 s", is_done),
        Row("stop code: last answer about the person", f"{last:.1f} s", f"< {LIMIT} s", last < LIMIT),
        Row("stop code: the page after a restore", f"{restored}", "404", restored == 404),
    ]


def stop_while_others_ask(site, front, address, story, code):
    """Return [(time, whether it shows the person)] of the answers, the seconds of that to `code`, and it."""
    answers, is_over, pages = [], threading.Event(), ["/", "/stories/", address, "/search/?q=change"]

    def read(page):
        while not is_over.is_set():
            body = front.ask(page)[2].decode()
            answers.append((time.time(), OLD in body or NEW in body))

    for page in pages * 10:  # until each process has started
        front.ask(page)
    flood = {"seconds": 60, "connections": 30, "script": wrk.NEW_ADDRESSES_SCRIPT}
    with ThreadPoolExecutor(20) as pool, writer(site, PUBLISH, [story, story]) as process:
        assert process.stdout.readline() == "ready\n"
        (site.folder / "data" / "slow").touch()
        pool.map(read, pages * 3)
        pool.submit(wrk.run_wrk, front.port, floods.FLOODS["searches"], site.folder, **flood)
        print(file=process.stdin, flush=True)
        assert process.stdout.readline() == "begin\n"
        began = time.time()
        done = front.ask("/stop/", "POST", urlencode({"code": code}), Content_Type=FORM)[2]
        took = time.time() - began
        time.sleep(2 * LIMIT)
        is_over.set()
    return answers, took, done
