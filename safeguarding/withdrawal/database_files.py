"""The step "vacuum" of a withdrawal: has the database remove what was erased from its files.

A deleted row stays in the files of the database until it is overwritten. So do the entries of its indexes,
and on PostgreSQL the common values of its columns, which ANALYZE stores for the planner in pg_statistic.
"""

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguarding.withdrawal.tasks import NotYet, is_waiting, step
from safeguarding.withdrawal_models import WithdrawalTask

# The hours in which PostgreSQL rewrites its tables: nobody can read a table meanwhile.
NIGHT = range(3, 6)
# The number of transactions and replication slots that may still see rows deleted before a transaction.
# VACUUM leaves such rows in the table. Of other databases, those count that write: the snapshot of VACUUM
# FULL is not newer than they are.
COUNT_OLDER = """
SELECT count(*) FROM (SELECT unnest(ARRAY[backend_xid,
        CASE WHEN coalesce(datname, current_database()) = current_database() THEN backend_xmin END]) AS xid
    FROM pg_stat_activity WHERE pid <> pg_backend_pid()
    UNION ALL SELECT unnest(ARRAY[xmin, catalog_xmin]) FROM pg_replication_slots
    UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
) AS older WHERE age(xid) > age(%s::xid)"""
# How often it is counted, with a tenth of a second in between.
MAX_COUNTS = 150
# Statements that delete the common values of texts in empty tables, where ANALYZE leaves the former ones: a
# column that gets the type that it has loses them. VACUUM has stored which tables are empty.
FORGET_VALUES = """
SELECT format('ALTER TABLE %s ALTER COLUMN %I TYPE %s%s', attrelid::regclass, attr.attname,
    format_type(atttypid, atttypmod), ' COLLATE ' || nullif(attcollation, 0)::regcollation)
FROM pg_stats AS stats JOIN pg_attribute AS attr ON attrelid = to_regclass(quote_ident(tablename))
    AND attr.attname = stats.attname
JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type ON pg_type.oid = atttypid
WHERE schemaname = current_schema() AND relkind = 'r' AND reltuples = 0 AND typcategory IN ('S', 'U')"""
IS_OWNER = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"


class OlderTransaction(Exception):
    """A transaction or a replication slot may still see deleted rows, so VACUUM would keep these."""


class NotOwner(Exception):
    """VACUUM would leave out tables of others, such as pg_statistic, and only warn of that."""


@step("vacuum", _("Erase it from the database’s files, which can wait for the night"), is_slow=True)
def vacuum(task):
    """Have the database remove deleted rows from its files, for all withdrawals that wait for nothing else.

    It waits for "again", "previews" and "index", which delete rows and often run late. "purge" and
    forgetting.py add it anew. It does not wait for "uploads", which fails as long as the storage of files
    does: a row of an unfinished upload names nobody, because its file has a random name (media/cleaning.py).
    """
    tasks = WithdrawalTask.objects.filter(step="vacuum", done_at=None).order_by("pk")
    ready = [each.pk for each in tasks if not is_waiting(each.withdrawal_id, "again", "previews", "index")]
    is_time = connection.vendor == "sqlite" or timezone.localtime().hour in NIGHT
    # The first one does it for all: each would rewrite the whole database. VACUUM can't run in a transaction.
    if ready[:1] != [task.pk] or connection.in_atomic_block or not is_time:
        raise NotYet
    # With other data, add_task() adds another task for what is erased from now on.
    tasks.filter(pk__in=ready).update(data={"runs": True})
    with connection.cursor() as cursor:
        (vacuum_sqlite if connection.vendor == "sqlite" else vacuum_postgresql)(cursor)
    tasks.filter(pk__in=ready).update(done_at=timezone.now(), data={}, error="")


def vacuum_sqlite(cursor):
    cursor.execute("VACUUM")
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if cursor.fetchone()[0]:  # It is busy: another connection still reads the write-ahead log.
        raise NotYet


def vacuum_postgresql(cursor):
    """Rewrite all tables with their indexes. If it fails, the scheduler tries again, each minute."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    cursor.execute(IS_OWNER)
    if not cursor.fetchone()[0]:
        raise NotOwner
    # Visitors wait behind a statement that waits for a lock. But after a second, PostgreSQL ends a vacuum of
    # its own that has the lock.
    cursor.execute("SET statement_timeout = 0; SET lock_timeout = '1500ms'")
    try:
        # pg_statistic is last, because ANALYZE leaves the former values of the tables in it as deleted rows.
        # An autoanalyze that began during the first statement may still see these.
        for names in (", ".join(map(connection.ops.quote_name, tables)), "pg_catalog.pg_statistic"):
            cursor.execute(FORGET_VALUES)
            for (statement,) in cursor.fetchall():
                cursor.execute(statement)
            wait_for_older(cursor)
            cursor.execute(f"VACUUM (FULL, ANALYZE) {names}")
    finally:
        cursor.execute("RESET statement_timeout; RESET lock_timeout")


def wait_for_older(cursor):
    """Wait until nothing sees rows that are deleted by now. Raises OlderTransaction after some seconds."""
    cursor.execute("SELECT pg_current_xact_id()::xid::text")
    now = cursor.fetchone()[0]
    for _time in range(MAX_COUNTS):
        cursor.execute(COUNT_OLDER, [now])
        if cursor.fetchone()[0] == 0:
            return
        cursor.execute("SELECT pg_sleep(0.1)")
    raise OlderTransaction
