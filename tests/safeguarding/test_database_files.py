"""What was erased leaves the files of PostgreSQL at night, and a task is done only when it has left them."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from safeguarding.models import Withdrawal
from safeguarding.withdrawal.database_files import NIGHT, NotOwner, vacuum_postgresql
from safeguarding.withdrawal.tasks import run_tasks

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite erases at once"),
    pytest.mark.usefixtures("data_dir"),
]
# What another transaction may have done, and the error with which the task fails until that transaction ends.
OBSTACLES = {
    "SELECT pg_current_xact_id()": "OlderTransaction",
    "SELECT 1": "OlderTransaction",
    "LOCK TABLE wagtailcore_page IN ACCESS SHARE MODE": "OperationalError",
}


@pytest.fixture
def night(time_machine):
    """The clock, at the beginning of NIGHT."""
    time_machine.move_to(datetime(2026, 3, 11, NIGHT.start, tzinfo=timezone.get_default_timezone()))
    return time_machine


def make_task(*later_steps):
    """Return the task "vacuum" of a new withdrawal, with tasks for `later_steps` after it."""
    withdrawal = Withdrawal.objects.create(code="P-2345", choice="everything")
    for step in ("vacuum", *later_steps):
        withdrawal.tasks.create(step=step, data={"pages": []})
    return withdrawal.tasks.filter(step="vacuum")


def test_it_is_not_erased_while_another_transaction_keeps_it(night):
    task, same_night = make_task(), make_task()
    for failures, (statement, error) in enumerate(OBSTACLES.items(), 1):
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(statement)
            task.update(data={})  # The other transaction is older than this one.
            run_tasks()
        assert task.filter(done_at=None, failures=failures, error=error).exists(), statement
        assert same_night.filter(done_at=None, failures=0).exists()
    run_tasks()
    assert same_night.get().done_at < task.get().done_at, "it was done with the first one"


def test_it_waits_for_earlier_steps_and_for_the_night(night):
    ready, early = make_task(), make_task("again")
    night.move_to(datetime(2026, 3, 10, 12, tzinfo=UTC))
    run_tasks()
    early.get().withdrawal.tasks.filter(step="again").update(done_at=None)
    assert ready.filter(done_at=None, failures=0).exists()
    night.move_to(datetime(2026, 3, 11, NIGHT.start, tzinfo=timezone.get_default_timezone()))
    run_tasks()
    assert [each.get().done_at is None for each in (ready, early)] == [False, True]


def test_user_who_does_not_own_the_database_is_told(night):
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE pg_monitor")
        try:
            with pytest.raises(NotOwner):
                vacuum_postgresql(cursor)
        finally:
            cursor.execute("RESET ROLE")
