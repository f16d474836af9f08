"""The step "vacuum" of a withdrawal: has the database remove what was erased from its files.

A deleted row stays in the files of the database until it is overwritten. So do the entries of its indexes,
and on PostgreSQL the common values of its columns, which ANALYZE stores for the planner in pg_statistic.
"""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguarding.withdrawal.tasks import NotYet, is_waiting, step
from safeguarding.withdrawal_models import WithdrawalTask

# The steps that delete rows and often run late.
EARLIER_STEPS = ("again", "previews", "index")
# The hours in which PostgreSQL rewrites its tables: nobody can read a table meanwhile.
NIGHT = range(3, 6)
# Visitors wait behind a statement that waits for a lock. After a second, PostgreSQL ends a vacuum of its own
# that has the lock.
LOCK_TIMEOUT = "1500ms"
# The number of transactions and replication slots that may still see rows deleted before now. VACUUM leaves
# such rows in the table.
COUNT_OLDER = """
SELECT count(*) FROM (
    SELECT unnest(ARRAY[backend_xid, backend_xmin]) AS xid FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND coalesce(datname, current_database()) = current_database()
    UNION ALL SELECT unnest(ARRAY[xmin, catalog_xmin]) FROM pg_replication_slots
    UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
) AS older WHERE age(xid) > 0
"""


class OlderTransaction(Exception):
    """A transaction or a replication slot may still see deleted rows, so VACUUM would keep these."""


class NotOwner(Exception):
    """VACUUM left out a table, because the user of the site does not own the database."""


@step("vacuum", _("Erase it from the database’s files, which can wait for the night"), is_slow=True)
def vacuum(task):
    """Have the database remove deleted rows from its files, for all withdrawals that wait for nothing else.

    It waits for EARLIER_STEPS. "purge" and "words" add it anew. It does not wait for "uploads", which fails
    as long as the storage of files does: a row of an unfinished upload names nobody, because its file has a
    random name (media/cleaning.py).
    """
    # VACUUM can't run in a transaction.
    if is_waiting(task.withdrawal, *EARLIER_STEPS) or connection.in_atomic_block:
        raise NotYet
    waiting = WithdrawalTask.objects.filter(done_at=None)
    earlier = waiting.filter(step__in=EARLIER_STEPS).values("withdrawal")
    ready = waiting.filter(step="vacuum").exclude(withdrawal__in=earlier).order_by("pk")
    ready = list(ready.values_list("pk", flat=True))
    # The first one does it for all, because each would rewrite the whole database again.
    if task.pk != ready[0]:
        raise NotYet
    with connection.cursor() as cursor:
        (vacuum_sqlite if connection.vendor == "sqlite" else vacuum_postgresql)(cursor)
    waiting.filter(pk__in=ready).update(done_at=timezone.now(), data={}, error="")


def vacuum_sqlite(cursor):
    cursor.execute("VACUUM")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    is_busy = cursor.fetchone()[0]
    if is_busy:  # Another connection still reads the write-ahead log.
        raise NotYet


def vacuum_postgresql(cursor):
    """Rewrite all tables with their indexes at night. If it fails, the scheduler tries again each minute."""
    if timezone.localtime().hour not in NIGHT:
        raise NotYet
    cursor.execute(COUNT_OLDER)
    if cursor.fetchone()[0]:
        raise OlderTransaction
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    # Last, because ANALYZE leaves the former values of the tables in it as deleted rows.
    tables = [*map(connection.ops.quote_name, tables), "pg_catalog.pg_statistic"]
    before = files_of(cursor, tables)
    cursor.execute(f"SET statement_timeout = 0; SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        cursor.execute(f"VACUUM (FULL, ANALYZE) {', '.join(tables)}")
    finally:
        cursor.execute("RESET statement_timeout; RESET lock_timeout")
    # A table that the user may not vacuum only gives a warning, and keeps its file.
    if before & files_of(cursor, tables):
        raise NotOwner


def files_of(cursor, tables):
    """Return the set of the numbers of the files of `tables`, quoted names. VACUUM FULL makes new ones."""
    cursor.execute("SELECT pg_relation_filenode(unnest(%s::text[])::regclass)", [tables])
    return {number for (number,) in cursor}
