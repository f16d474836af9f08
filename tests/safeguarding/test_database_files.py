"""What was erased leaves the files of PostgreSQL at night, and a task is done only when it has left them."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from safeguarding.models import Withdrawal
from safeguarding.withdrawal.database_files import NotOwner, vacuum_postgresql
from safeguarding.withdrawal.tasks import add_task, run_tasks

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite erases at once"),
]
# (hour, what another transaction has done, error of the task while that is open). NIGHT is from 3 to 6.
OBSTACLES = [
    (2, "SELECT 1", ""),
    (3, "SELECT pg_current_xact_id()", "OlderTransaction"),
    (4, "SELECT 1", "OlderTransaction"),
    (5, "LOCK TABLE wagtailcore_page IN ACCESS SHARE MODE", "OperationalError"),
]


def make_task(*later_steps):
    """Return the task "vacuum" of a new withdrawal, as a queryset. `later_steps`: steps of tasks after it."""
    withdrawal = Withdrawal.objects.create(code="P-2345")
    for step in ("vacuum", *later_steps):
        withdrawal.tasks.create(step=step)
    return withdrawal.tasks.filter(step="vacuum")


def test_it_is_erased_at_night_and_when_no_other_transaction_keeps_it(time_machine):
    # The step "again" fails without data.
    task, same_night, early = make_task(), make_task(), make_task("again")
    for failures, (hour, statement, error) in enumerate(OBSTACLES):
        time_machine.move_to(datetime(2026, 3, 11, hour, tzinfo=UTC))
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(statement)
            task.update(data={})  # The other transaction is older than this one.
            run_tasks()
            cursor.execute("ROLLBACK")  # A connection ends some time after it is closed.
        assert task.filter(done_at=None, failures=failures, error=error).exists(), statement
        assert same_night.filter(done_at=None, failures=0).exists()
    run_tasks()
    assert same_night.get().done_at < task.get().done_at, "it was done with the first one"
    assert early.get().done_at is None


def test_transaction_that_begins_meanwhile_keeps_the_task_waiting(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    task, began = make_task(), []
    with closing(connection.copy()) as other, other.cursor() as cursor:

        def begin(execute, sql, *arguments):
            if sql.startswith("VACUUM") and not began:
                began.append(sql)
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT 1")
            return execute(sql, *arguments)

        with connection.execute_wrapper(begin):
            run_tasks()
        cursor.execute("ROLLBACK")
        assert task.filter(done_at=None, error="OlderTransaction").exists()
    run_tasks()
    assert task.get().done_at


def test_what_is_erased_meanwhile_is_done_the_next_time(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    task = make_task()
    withdrawal = Withdrawal.objects.get()

    def erase(execute, sql, *arguments):
        if sql.startswith("VACUUM"):
            add_task(withdrawal, "vacuum")
        return execute(sql, *arguments)

    with connection.execute_wrapper(erase):
        run_tasks()
    assert [each.done_at is None for each in task.order_by("pk")] == [False, True]


def test_user_who_does_not_own_the_database_is_told(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    with pytest.raises(NotOwner), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE pg_monitor")
        vacuum_postgresql(cursor)
