"""PostgreSQL's tables, by COPY: of one moment when saved, and in one transaction when restored."""

import shutil

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from operations.backup import BackupError
from operations.backup.archive import CHUNK

FOLDER = "database/"
SUFFIX = ".copy"
# Nothing of an extension: it makes its own.
TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY relname
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = quote_ident(%s)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""
# Who is logged in: keys to the admin, worth nothing after a restore. Who tried to: known for minutes only.
WITHOUT_ROWS = {"django_session", "accounts_loginattempt"}


def tables():
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [name for (name,) in cursor.fetchall()]


def count(cursor, table):
    cursor.execute(sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(table)))
    return cursor.fetchone()[0]


def save(writer, report):
    """Write all tables into the archive, as they are at one moment."""
    listed = writer.manifest["tables"] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for table in tables():
            cursor.execute(COLUMNS, [table])
            columns = [name for (name,) in cursor.fetchall()]
            with writer.member(FOLDER + table + SUFFIX, compress=True) as member:
                if table not in WITHOUT_ROWS:
                    copy_out(cursor, table, columns, member)
            rows = 0 if table in WITHOUT_ROWS else count(cursor, table)
            listed[table] = {"rows": rows, "columns": columns}
            report(f"{table}: {rows} rows")
        # After the rows: no number of theirs is beyond it.
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
    """Put the archive's tables in the place of all that are there: all of them, or nothing."""
    listed = reader.manifest["tables"]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # Whoever holds a table for longer is an error to read about, not a wait without end.
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        applied = {tuple(key) for key in reader.manifest["migrations"]}
        if applied != set(MigrationRecorder(connection).applied_migrations()):
            for table in tables():
                cursor.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(table)))
            make_tables(applied, cursor)
        made = tables()
        if unknown := set(listed) - set(made):
            raise BackupError(f"This version of the site knows no table {', '.join(sorted(unknown))}.")
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, made))))
        for table, about in listed.items():
            copy_in(cursor, table, about["columns"], reader)
            if count(cursor, table) != about["rows"]:
                raise BackupError(f"Not all rows of {table} came back.")
            report(f"{table}: {about['rows']} rows")
        for name, value in reader.manifest["sequences"].items():
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", [name, value])


def make_tables(applied, cursor):
    """Bring the empty database to the migrations `applied`, in the transaction that is open."""

    def between(action, *_arguments):
        if action == "apply_success":
            # PostgreSQL changes no table of which a foreign key is still to be checked.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    executor = MigrationExecutor(connection, between)
    nodes = executor.loader.graph.node_map
    wanted = applied & set(nodes)
    # The last ones of each application: to name one before them would mean to go back to it.
    followed = {parent.key for key in wanted for parent in nodes[key].parents if parent.key[0] == key[0]}
    executor.migrate(sorted(wanted - followed))


def copy_in(cursor, table, columns, reader):
    with (
        reader.open(FOLDER + table + SUFFIX) as member,
        cursor.copy(copy_statement(table, columns, "FROM STDIN")) as copy,
    ):
        shutil.copyfileobj(member, copy, CHUNK)
