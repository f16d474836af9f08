"""Backup of PostgreSQL's tables with COPY, from one snapshot, and their restore in one transaction."""

import shutil

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from caching.content_version import unwatched
from operations.backup import BackupError
from operations.backup.archive import CHUNK

FOLDER = "database/"
SUFFIX = ".copy"
# The query for all tables, without those of extensions (deptype e), which create their tables themselves.
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY relname
"""
# The query for the columns of a table, without those of the system, deleted ones, and generated ones, which
# COPY can't write.
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = quote_ident(%s)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
# The query for the sequences that were used, which give rows their primary keys.
SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
# Tables that are saved without rows. Sessions give access to the admin and are worthless after a restore.
# Attempts to sign in are deleted after some minutes anyway.
EMPTIED_TABLES = {"django_session", "accounts_loginattempt"}


def table_names():
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [name for (name,) in cursor.fetchall()]


def count_rows(cursor, table):
    cursor.execute(sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(table)))
    return cursor.fetchone()[0]


def save(writer, report):
    """Write all tables into the archive, as they are in one snapshot.

    They are locked before the snapshot is taken: a table that a migration rewrites between the snapshot and
    the lock would be empty in the snapshot.
    """
    tables = sql.SQL(", ").join(map(sql.Identifier, table_names()))
    listed = writer.manifest["tables"] = {}
    with unwatched(connection), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(tables))
        writer.manifest["migrations"] = sorted(MigrationRecorder(connection).applied_migrations())
        for table in table_names():  # again, because a migration may have made some before the lock
            cursor.execute(COLUMNS, [table])
            columns = [name for (name,) in cursor.fetchall()]
            with writer.member(FOLDER + table + SUFFIX, compress=True) as member:
                if table not in EMPTIED_TABLES:
                    copy_out(cursor, table, columns, member)
            rows = 0 if table in EMPTIED_TABLES else count_rows(cursor, table)
            listed[table] = {"rows": rows, "columns": columns}
            report(f"{table}: {rows} rows")
        # Sequences are outside of the snapshot. Read last, they are not behind the rows.
        cursor.execute(SEQUENCES)
        writer.manifest["sequences"] = dict(cursor.fetchall())


def copy_out(cursor, table, columns, member):
    with cursor.copy(copy_statement(table, columns, "TO STDOUT")) as copy:
        for data in copy:
            member.write(data)


def copy_statement(table, columns, direction):
    return sql.SQL("COPY {} ({}) " + direction).format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def load(reader, report):
    """Replace the contents of the database with the tables of the archive, in one transaction.

    Raises BackupError if a table is unknown or incomplete, and the database driver's errors.
    """
    listed = reader.manifest["tables"]
    with unwatched(connection), transaction.atomic(durable=True), connection.cursor() as cursor:
        # If another program locks a table for longer, fail instead of waiting without end.
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        applied = {tuple(key) for key in reader.manifest["migrations"]}
        # The tables need the columns that they had when the backup was made.
        if applied != set(MigrationRecorder(connection).applied_migrations()):
            for table in table_names():
                cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(table)))
            migrate_to(applied, cursor)
        made = table_names()
        if unknown := set(listed) - set(made):
            raise BackupError(f"This version of the site knows no table {', '.join(sorted(unknown))}.")
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, made))))
        # In any order, because Django's foreign keys are checked at the commit.
        for table, about in listed.items():
            copy_in(cursor, table, about["columns"], reader)
            if count_rows(cursor, table) != about["rows"]:
                raise BackupError(f"Not all rows of {table} came back.")
            report(f"{table}: {about['rows']} rows")
        for name, value in reader.manifest["sequences"].items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, value])


def migrate_to(applied, cursor):
    """Apply the migrations `applied`, (app, name) pairs, to the empty database, in the open transaction."""

    def between(action, *_arguments):
        if action == "apply_success":
            # PostgreSQL can't alter a table while checks of its foreign keys are pending.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    executor = MigrationExecutor(connection, between)
    nodes = executor.loader.graph.node_map
    wanted = applied & set(nodes)  # without those of apps that were removed since
    # Only the last ones of each app: as a target, an earlier one would mean to unapply the later ones.
    followed = {parent.key for key in wanted for parent in nodes[key].parents if parent.key[0] == key[0]}
    executor.migrate(sorted(wanted - followed))


def copy_in(cursor, table, columns, reader):
    with (
        reader.open(FOLDER + table + SUFFIX) as member,
        cursor.copy(copy_statement(table, columns, "FROM STDIN")) as copy,
    ):
        shutil.copyfileobj(member, copy, CHUNK)
