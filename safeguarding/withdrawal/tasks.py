"""The work after the transaction of a withdrawal, as rows that survive a crash. It is tried until it is done.

Each step can be repeated. Quick ones run at once after the commit, and all of them in the scheduler, which
has no limit on the time of a statement.
"""

import logging

from django.db import transaction
from django.utils import timezone

from safeguarding.withdrawals import WithdrawalTask

logger = logging.getLogger(__name__)
# {name: function(task)} of all steps.
_steps = {}
# The names of the steps that take long.
_slow = set()


class NotYet(Exception):
    """The step waits for something else, which is no failure."""


def step(name, is_slow=False):
    """Register a function that does the step `name` for a WithdrawalTask. It may run twice."""

    def register(function):
        _steps[name] = function
        if is_slow:
            _slow.add(name)
        return function

    return register


def add_task(withdrawal, name, /, **data):
    """Add a task in the open transaction, unless the same one is waiting already."""
    waiting = WithdrawalTask.objects.filter(withdrawal=withdrawal, step=name, done_at=None)
    if data not in waiting.values_list("data", flat=True):
        WithdrawalTask.objects.create(withdrawal=withdrawal, step=name, data=data)


def run_after_commit():
    """Run the quick tasks once the transaction commits."""
    # robust: the withdrawal is done, and the scheduler tries again.
    transaction.on_commit(run_quick_tasks, robust=True)


def run_quick_tasks():
    run(WithdrawalTask.objects.exclude(step__in=_slow))


def run_tasks():
    """Run all tasks that are waiting. The scheduler calls it each minute."""
    run(WithdrawalTask.objects.all())


def run(tasks):
    for key in list(tasks.filter(done_at=None).values_list("pk", flat=True)):
        task = WithdrawalTask.objects.select_related("withdrawal").filter(pk=key, done_at=None).first()
        if task is not None:
            run_one(task)


def run_one(task):
    rows = WithdrawalTask.objects.filter(pk=task.pk)
    try:
        _steps[task.step](task)
    except NotYet:
        return
    except Exception as error:  # of a storage or the database: the other tasks still run
        name = type(error).__name__
        # Without the message, which could repeat what is to be erased.
        logger.error("Step %s of withdrawal %s failed: %s", task.step, task.withdrawal_id, name)
        rows.update(failures=task.failures + 1, error=name[:100])
        return
    rows.update(done_at=timezone.now(), data={}, error="")


def waits_to_be_purged(page):
    """Return whether an editor has to take somebody out of `page` who withdrew."""
    return WithdrawalTask.objects.filter(step="purge", done_at=None, data__page=page.pk).exists()


def is_waiting(withdrawal, *names):
    """Return whether `withdrawal` has a task of the steps `names` that is not done."""
    return WithdrawalTask.objects.filter(withdrawal=withdrawal, step__in=names, done_at=None).exists()
