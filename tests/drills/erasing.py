"""Erases a person, for the drills of withdrawal.py, with the settings of their site.

python -m tests.drills.erasing killed    prints {moment of being killed: what is left} as JSON
python -m tests.drills.erasing FOLDER    prints {place: [words of the person before, words after]} as JSON

For the first, the database and the data folder are restored each time.
"""

import json
import logging
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import django
import time_machine

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from safeguarding.models import Contributor, WithdrawalTask  # noqa: E402
from safeguarding.policies import GROUP  # noqa: E402
from safeguarding.withdrawal import ledger, tasks  # noqa: E402
from tests.support import admin_world, builders, crawl, withdrawal_world  # noqa: E402
from tests.support.opened import words_in  # noqa: E402
from tests.support.routes import Addresses  # noqa: E402
from tests.support.stored_text import database_files, stored_names, stored_rows, tables_with  # noqa: E402
from tests.support.withdrawal_world import ADDRESSES, NAME, SENTINELS, withdraw_all  # noqa: E402
from tests.support.wsgi import SiteClient  # noqa: E402

# The data folder, with the database, and a copy of it as it was before the withdrawal.
DATA, ASIDE = settings.DATA_DIR, settings.DATA_DIR.with_name("aside")
# The users whose pages are crawled, with their groups.
USERS = {"visitor": None, "editor": ["Editors"], "lead": [GROUP, "Moderators"]}
# Public pages that could name the person. “walked” is a word of the story.
PUBLIC = ["/", "/stories/", "/fr/", "/sitemap.xml", "/robots.txt", "/search/?q=walked", *ADDRESSES]


# --- Killed --------------------------------------------------------------------------------------


def killed():
    """Return {moment: what is left of the person or of the withdrawal after it was killed then, as text}."""
    person = withdrawal_world.make_named_person()
    withdrawal_world.make_own_stories(person)
    ledger.write()  # The scheduler of a real site began this file long before.
    with transaction.atomic():
        withdraw_all(person)
        steps = dict.fromkeys(WithdrawalTask.objects.order_by("pk").values_list("step", flat=True))
        transaction.set_rollback(True)
    connections.close_all()
    shutil.copytree(DATA, ASIDE)
    return {f"{moment} {step}": kill(step, moment) for step in steps for moment in ("before", "after")}


def kill(step, moment):
    """Kill a withdrawal at `step`, run the scheduler, and return what is wrong then."""
    shutil.rmtree(DATA)
    shutil.copytree(ASIDE, DATA)
    # The nightly work, which deletes the names, adds tasks.
    night = [(call_command, "run_due_work")] * 2
    statuses = [status_of(*call) for call in [(withdraw_and_die, step, moment), *night]]
    if statuses != [-signal.SIGKILL, 0, 0]:
        return f"the processes ended with {statuses}"
    found = [*WithdrawalTask.objects.filter(done_at=None).values_list("step", flat=True), *tables_with(NAME)]
    # The ledger has the person's code. The name is in no file, not even in a part of the database's file that
    # is free. All pictures and documents of this site are of the person's stories.
    if Contributor.objects.get().code not in ledger.file_path().read_text():
        found.append("ledger")
    for path in filter(Path.is_file, DATA.rglob("*")):
        if path.is_relative_to(DATA / "media") or NAME.lower().encode() in path.read_bytes().lower():
            found.append(str(path))
    connections.close_all()  # the next run replaces the file of the database
    return ", ".join(found)


def status_of(function, *arguments):
    """Call `function` in a new process; return its exit status, or the negative number of a signal."""
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def withdraw_and_die(step, moment):
    """Withdraw the person in this process, which is killed before or after `step`."""
    real = tasks._steps[step]  # the registered function

    def die(task):
        if moment == "after":
            real(task)
        os.kill(os.getpid(), signal.SIGKILL)

    tasks._steps[step] = die
    withdraw_all(Contributor.objects.get())
    tasks.run_tasks()  # as the scheduler does with those that take long


# --- What is left --------------------------------------------------------------------------------


def left(folder):
    """Return {place: [words of the person there before the withdrawal, words after it]}."""
    default_storage.bucket.create()
    person = withdrawal_world.make_named_person()
    story, image, _document = withdrawal_world.make_own_stories(person)
    with withdrawal_world.without_words(person):
        withdrawal_world.make_traces(story)
    other = withdrawal_world.make_others()
    addresses = [address for _name, address in Addresses(admin_world.make_section("Section", "Quixotic"))]
    words = [*SENTINELS, image.file_hash]
    users = {name: groups and builders.make_user(*groups, username=name) for name, groups in USERS.items()}
    public, lead = SiteClient(), SiteClient(raise_request_exception=False)
    lead.force_login(users["lead"])

    def look(moment):
        """Return {place: words found there}. Asking for the public pages first puts them into the caches."""
        # A page may repeat its own address, so that is no word that was left.
        pages = [public.get(each).content.replace(each.strip("/").encode(), b"") for each in PUBLIC]
        dump = ["pg_dump", "--inserts", "--dbname", os.environ["DATABASE_URL"]]
        places = {
            "rows": [repr(stored_rows()).encode()],
            "dump of PostgreSQL": [subprocess.run(dump, capture_output=True, check=True).stdout],
            "files of PostgreSQL": database_files().values(),
            "bucket": [name.encode() + default_storage.open(name).read() for name in stored_names()],
            "public pages": pages,
            "data folder": [path.read_bytes() for path in DATA.rglob("*") if path.is_file()],
            "routes of the admin": [lead.get(address).content for address in addresses],
            "log": [log.read_bytes()],
        }
        for name, user in users.items():
            bodies = folder / moment / name
            bodies.mkdir(parents=True)
            answers = json.dumps(crawl.crawl(user, bodies)).encode()
            places[f"pages as {name}"] = [answers, *(path.read_bytes() for path in bodies.iterdir())]
        return {place: sorted(words_in(b"\n".join(texts), words)) for place, texts in places.items()}

    log = folder / "log"
    logging.getLogger().addHandler(logging.FileHandler(log))
    logging.getLogger().setLevel("INFO")
    others = public.get(other.url).content
    before = look("before")
    withdrawal = withdraw_all(person)
    # A task can wait for another one until the second run, and one waits for the night.
    for hour in (12, 12, 3):
        with time_machine.travel(timezone.localtime().replace(hour=hour)):
            call_command("run_due_work")
    statuses = {public.get(address).status_code for address in ADDRESSES}
    assert statuses == {404}, statuses
    assert public.get(other.url).content == others
    addresses.append(reverse("safeguarding_withdrawals:report", args=[withdrawal.pk]))
    after = look("after")
    assert log.stat().st_size, "nothing was logged"
    return {place: [before[place], found] for place, found in after.items()}


if __name__ == "__main__":
    print(json.dumps(killed() if sys.argv[1] == "killed" else left(Path(sys.argv[1]))))
