"""Erases a person again and again, in processes that are killed, for the drill withdrawal_killed.

The drill, in withdrawal.py, starts this module in a process with the settings of its site. The database and
the data folder are restored each time.

python -m tests.drills.withdrawal_process    prints [[step, moment, what was wrong or ""], …] as JSON
"""

import json
import os
import shutil
import signal

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402

from safeguarding.models import Contributor, WithdrawalTask  # noqa: E402
from safeguarding.withdrawal import ledger, tasks  # noqa: E402
from tests.drills import in_other_process  # noqa: E402
from tests.support import withdrawal_world  # noqa: E402
from tests.support.stored_text import tables_with  # noqa: E402

# The data folder, with the database, and a copy of it as it was before the withdrawal.
DATA, ASIDE = settings.DATA_DIR, settings.DATA_DIR.with_name("aside")


def main():
    person = withdrawal_world.make_named_person()
    withdrawal_world.make_own_stories(person)
    ledger.write()  # The scheduler of a real site began this file long before.
    steps = steps_of_withdrawal(person)
    connections.close_all()
    shutil.copytree(DATA, ASIDE)
    kills = [(step, moment) for step in steps for moment in ("before", "after")]
    print(json.dumps([[step, moment, kill_and_finish(step, moment)] for step, moment in kills]))


def steps_of_withdrawal(person):
    """Return the steps of the tasks that withdrawing `person` adds, in their order. Nothing is withdrawn."""
    with transaction.atomic():
        withdrawal_world.withdraw_all(person)
        steps = WithdrawalTask.objects.order_by("pk").values_list("step", flat=True)
        steps = list(dict.fromkeys(steps))
        transaction.set_rollback(True)
    return steps


def kill_and_finish(step, moment):
    """Kill a withdrawal at `step`, run the scheduler, and return what is wrong then."""
    shutil.rmtree(DATA)
    shutil.copytree(ASIDE, DATA)
    if in_other_process(lambda: withdraw_and_die(step, moment)) != -signal.SIGKILL:
        return "it was not killed"
    for _twice in range(2):  # The nightly work, which deletes the names, adds tasks.
        if in_other_process(lambda: call_command("run_due_work")):
            return "the scheduler failed"
    found = left()
    connections.close_all()  # the next run replaces the file of the database
    return found


def withdraw_and_die(step, moment):
    """Withdraw the person in this process, which is killed before or after `step`."""
    real = tasks._steps[step]  # the registered function

    def die(task):
        if moment == "after":
            real(task)
        os.kill(os.getpid(), signal.SIGKILL)

    tasks._steps[step] = die
    withdrawal_world.withdraw_all(Contributor.objects.get())
    tasks.run_tasks()  # as the scheduler does with those that take long


def left():
    """Return what is left of the person, or of the withdrawal, as text."""
    name = withdrawal_world.NAME
    undone = WithdrawalTask.objects.filter(done_at=None).values_list("step", flat=True)
    found = [f"task {task}" for task in undone] + [f"table {table}" for table in tables_with(name)]
    # The ledger has the person's code. The name is in no file, not even in a part of the database's file that
    # is free.
    if Contributor.objects.get().code not in ledger.file_path().read_text():
        found.append("ledger")
    for path in DATA.rglob("*"):
        if path.is_file() and name.lower().encode() in path.read_bytes().lower():
            found.append(f"file {path.name}")
    # All pictures and documents of this site are of the person's stories.
    found += [f"file {path}" for path in (DATA / "media").rglob("*") if path.is_file()]
    return ", ".join(found)


if __name__ == "__main__":
    main()
