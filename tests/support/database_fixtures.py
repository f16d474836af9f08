"""Fixtures that make the test database, and one for rows that the tests of a module share.

One process runs the migrations, and the others copy the result.
"""

import fcntl
import gc
import os
import shutil
import sqlite3
from contextlib import contextmanager
from functools import partial

import pytest
from django.conf import settings
from django.db import connection, transaction


@pytest.fixture(scope="session")
def django_db_setup(request, tmp_path_factory, django_db_blocker):
    """Make the test database. The migrations take fifteen seconds of a processor."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        migrate(request)
        yield
        return
    # A file in the folder that all processes share. The first process writes the name of a copy of its
    # database into it, and the others copy that copy.
    name_of_copy = tmp_path_factory.getbasetemp().parent / "migrated"
    with locked(name_of_copy):
        is_first = not name_of_copy.read_text()
        if not is_first:
            create_as_copy_of(name_of_copy.read_text())
        migrate(request)
        if is_first:
            with django_db_blocker.unblock():
                connection.close()  # SQLite then writes all rows into the file that is copied.
                connection.creation.clone_test_db("migrated", verbosity=0)
            name_of_copy.write_text(connection.creation.get_test_db_clone_settings("migrated")["NAME"])
    yield
    if is_first:
        with locked(name_of_copy), django_db_blocker.unblock():
            name_of_copy.write_text("")  # A process that starts after this runs the migrations itself.
            connection.creation.destroy_test_db(suffix="migrated", verbosity=0)


def migrate(request):
    """Run the migrations by pytest-django's fixture of the same name, which django_db_setup() overrides.

    They make the classes of the models again and again, so the collection of garbage would take a quarter of
    the time.
    """
    gc.disable()
    try:
        request.getfixturevalue("django_db_setup")
    finally:
        gc.enable()


@contextmanager
def locked(path):
    """Create the file `path` if it is missing, and hold a lock on it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def create_as_copy_of(name):
    """Let Django create the test database as a copy of the database `name`."""
    if connection.vendor == "postgresql":
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = name
    else:
        connection.creation._create_test_db = lambda *_arguments: shutil.copy(
            name, settings.DATABASES["default"]["TEST"]["NAME"]
        )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """Restore the rows that the migrations created as a whole, and keep SQLite's database in a file.

    Django restores these rows one by one, which takes a second for each test with a live server.
    If SQLite's database were in memory, all threads of the live server would share one connection and its
    transactions. The site keeps it in a file too.
    """
    database, creation = settings.DATABASES["default"], connection.creation
    if connection.vendor == "postgresql":
        creation.serialize_db_to_string = copy_tables
        creation.deserialize_db_from_string = restore_tables
        connection.ops.sql_flush = partial(sql_flush, connection.ops.sql_flush)
    else:
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "db.sqlite3")
        creation.serialize_db_to_string = copy_database
        creation.deserialize_db_from_string = restore_database


def copy_database():
    """Return a connection to a copy of SQLite's database in memory."""
    connection.ensure_connection()
    copy = sqlite3.connect(":memory:")
    connection.connection.backup(copy)
    return copy


def restore_database(copy):
    connection.ensure_connection()
    copy.backup(connection.connection)


def copy_tables():
    """Return {name of a table: its rows, in the format of COPY} of PostgreSQL's database."""
    copies = {}
    with connection.cursor() as cursor:
        for table in tables_with_rows():
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                copies[table] = b"".join(copy)
    return copies


def restore_tables(copies):
    # In one transaction, because rows refer to rows of tables that come later.
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in deletions():
            cursor.execute(statement)
        for table, rows in copies.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(rows)


def sql_flush(original, style, tables, *, reset_sequences=False, **options):
    """Replace sql_flush() of PostgreSQL: delete the rows of the tables that have some.

    To truncate all tables, as `original` does, takes ten times as long.
    """
    if reset_sequences:
        return original(style, tables, reset_sequences=True, **options)
    return deletions()


def deletions():
    return [f'DELETE FROM "{table}"' for table in tables_with_rows()]  # noqa: S608 - names of models' tables


def tables_with_rows():
    """Return the names of the tables of all models that have rows in PostgreSQL's database."""
    tables = connection.introspection.django_table_names(only_existing=True)
    parts = [f"SELECT '{table}' WHERE EXISTS (TABLE \"{table}\")" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return [name for (name,) in cursor.fetchall()]


@pytest.fixture(scope="module")
def module_transaction(django_db_setup, django_db_blocker):
    """A transaction around all tests of a module. A fixture of the module makes the rows that they read.

    Each test still rolls back its own changes. A test of the module that does not ask for the rows may meet
    them, if another test came before it in the same process.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def use_file(path):
    """Context manager for SQLite: `connection` uses the database in the file `path`."""
    connection.close()
    own, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], str(path)
    yield
    connection.close()
    connection.settings_dict["NAME"] = own
