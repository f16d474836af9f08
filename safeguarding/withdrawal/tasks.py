"""Stores and runs the tasks that follow the transaction of a withdrawal.

A task is a row, so it survives a crash. Its step names the function that does the work. A task is tried until
it succeeds, so a step has to be safe to repeat. Quick tasks run right after the commit. The scheduler runs
all of them: its statements have no time limit.
"""

import logging

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from safeguarding.uses import PageHold
from safeguarding.withdrawal_models import Restriction, WithdrawalTask

logger = logging.getLogger(__name__)
# {name: function(task)} of all steps.
_steps = {}
# The names of the steps that take long.
_slow = set()


class NotYet(Exception):
    """Raised by a step that has to wait for something else. It doesn't count as a failure."""


def step(name, label, is_slow=False):
    """Register a function for the step `name`. It takes a WithdrawalTask, and may be called twice.

    `label`: what it does, in words for a lead, a member of the group Safeguarding. `is_slow`: whether only
    the scheduler runs it.
    """

    def register(function):
        _steps[name], function.label = function, label
        if is_slow:
            _slow.add(name)
        return function

    return register


def label_of(task):
    """Return in words what the step of `task` does."""
    return _steps[task.step].label


def add_task(withdrawal, name, /, **data):
    """Add a task for the step `name`, unless the same task is waiting already. `data`: its arguments."""
    waiting = WithdrawalTask.objects.filter(withdrawal=withdrawal, step=name, done_at=None)
    if data not in waiting.values_list("data", flat=True):
        WithdrawalTask.objects.create(withdrawal=withdrawal, step=name, data=data)


def add_tasks(withdrawal, names):
    """Add a task without arguments for each of the steps `names`."""
    for name in names:
        add_task(withdrawal, name)


def note_restriction(person, **limits):
    """Have the ledger note that `person` agrees to less from now on. `limits`: as in Restriction."""
    Restriction.objects.create(code=person.code, limits=limits)


@receiver(post_save, sender=Restriction)
def write_ledger(**_arguments):
    add_task(None, "ledger")
    run_after_commit()


def run_after_commit():
    """Run the quick tasks once the transaction commits."""
    # robust: an error here must not make the withdrawal look failed. The scheduler tries again.
    transaction.on_commit(run_quick_tasks, robust=True)


def run_quick_tasks():
    """Run all waiting tasks whose step is not slow."""
    run(WithdrawalTask.objects.exclude(step__in=_slow))


def run_tasks():
    """Run all tasks that are waiting. The scheduler calls it each minute."""
    run(WithdrawalTask.objects.all())


def run(tasks):
    """Run those of `tasks`, a queryset, that are not done."""
    for key in list(tasks.filter(done_at=None).values_list("pk", flat=True)):
        task = WithdrawalTask.objects.select_related("withdrawal").filter(pk=key, done_at=None).first()
        if task is not None:  # Otherwise another process has done it meanwhile.
            run_one(task)


def run_one(task):
    """Run `task`, and store whether it was done or failed."""
    rows = WithdrawalTask.objects.filter(pk=task.pk)
    try:
        _steps[task.step](task)
    except NotYet:
        return
    except Exception as error:  # The other tasks have to run although a storage or the database fails.
        name = type(error).__name__
        # The message of the error is left out, because it could contain what has to be erased.
        logger.error("Step %s of withdrawal %s failed: %s", task.step, task.withdrawal_id, name)
        rows.update(failures=task.failures + 1, error=name[:100])
        return
    rows.update(done_at=timezone.now(), data={}, error="")


def waits_to_be_purged(page):
    """Return whether `page` has to be published without somebody who withdrew."""
    return WithdrawalTask.objects.filter(step="purge", done_at=None, data__page=page.pk).exists()


def is_one_held(pages):
    """Return whether one of `pages`, a queryset, waits to be purged, or is held until a lead decides."""
    waiting = WithdrawalTask.objects.filter(step="purge", done_at=None).values_list("data__page", flat=True)
    # list(): PostgreSQL does not compare primary keys with the JSON values of a subquery.
    return pages.filter(pk__in=list(waiting)).exists() or PageHold.objects.filter(page__in=pages).exists()


def is_waiting(withdrawal, *names):
    """Return whether a task of `withdrawal` for one of the steps `names` is not done yet."""
    return WithdrawalTask.objects.filter(withdrawal=withdrawal, step__in=names, done_at=None).exists()
