"""The command prepare, which each container runs first: migrations, the first administrator, and locking."""

import errno
import io
import os
import re
import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError, SystemCheckError
from django.db import connection
from django.db.utils import ConnectionHandler
from wagtail.models import Site

from operations import locks, new_site

ADMIN = "grace.hopper"
PATIENCE = 120  # seconds until a process waits for the lock


def waits_for_a_lock():
    """Return whether a thread of this process waits for a lock that another one holds."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
            )
            return cursor.fetchone() is not None
    # A line of a process that waits has an arrow.
    return bool(re.search(rf"-> FLOCK .* {os.getpid()} ", Path("/proc/locks").read_text()))


def test_start_waits_for_another_one(whole_database, settings, tmp_path):
    settings.DATA_DIR, settings.FIRST_ADMIN = tmp_path, ADMIN

    def prepare():
        with closing(connection):
            call_command("prepare", verbosity=0)

    with ThreadPoolExecutor() as pool:
        with locks.hold("prepare"):
            prepared = pool.submit(prepare)
            end = time.monotonic() + PATIENCE
            while not waits_for_a_lock():
                assert not prepared.done(), prepared.exception()
                assert time.monotonic() < end
                time.sleep(0.01)
            # The administrator is the last thing that the other start makes before it releases the lock.
            get_user_model().objects.create_superuser("other")
        prepared.result()
    assert get_user_model().objects.get().username == "other"
    assert not (tmp_path / "first_admin").exists()
    assert (tmp_path / "served/maintenance.html").exists()


@pytest.mark.sqlite_only
def test_first_start_makes_an_administrator_whom_later_ones_do_not_change(db, settings, tmp_path, caplog):
    settings.DATA_DIR, settings.FIRST_ADMIN = tmp_path, ADMIN
    account, output = tmp_path / "first_admin", io.StringIO()
    caplog.set_level("INFO")
    call_command("prepare", stdout=output)
    said = f"The first administrator was made. Name and password are in {account}."
    assert said in caplog.messages
    assert output.getvalue() == "", "the log is JSON"
    before = account.read_text()
    assert before.split()[-1] not in caplog.text
    username, password = (line.split()[1] for line in before.splitlines())
    assert stat.S_IMODE(account.stat().st_mode) == 0o600
    assert len(password) >= 20
    assert "<html" in (tmp_path / "served/maintenance.html").read_text()
    settings.FIRST_ADMIN = "other"
    call_command("prepare", verbosity=0)
    user = get_user_model().objects.get()
    assert (username, user.username, user.is_superuser) == (ADMIN, ADMIN, True)
    assert user.check_password(password)
    assert account.read_text() == before


@pytest.mark.sqlite_only
def test_other_user_with_the_name_of_the_first_administrator(db, settings, tmp_path):
    settings.DATA_DIR, settings.FIRST_ADMIN = tmp_path, ADMIN
    get_user_model().objects.create_user(ADMIN)
    with pytest.raises(CommandError, match="^FIRST_ADMIN must be another name"):
        call_command("prepare", verbosity=0)
    assert not (tmp_path / "first_admin").exists()


@pytest.mark.sqlite_only
def test_random_name_of_the_administrator_is_unpredictable(db, settings, tmp_path):
    names = set()
    for settings.DATA_DIR in (tmp_path / "one", tmp_path / "other"):
        settings.DATA_DIR.mkdir()
        settings.FIRST_ADMIN = "random"
        call_command("prepare", verbosity=0)
        [user] = get_user_model().objects.all()
        text = (settings.DATA_DIR / "first_admin").read_text()
        assert re.fullmatch(rf"Username: {user.username}\nPassword: \S{{20,}}\n", text)
        assert re.fullmatch("admin-[0-9a-f]{8}", user.username) and user.check_password(text.split()[-1])
        names.add(user.username)
        user.delete()
    assert len(names) == 2


@pytest.mark.sqlite_only
def test_site_starts_with_a_full_disk(db, settings, tmp_path, monkeypatch, caplog):
    def fail(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(Path, "write_text", fail)
    call_command("prepare", verbosity=0)
    assert "The outage page can't be written: No space left on device." in caplog.messages
    assert not get_user_model().objects.exists(), "FIRST_ADMIN is not set"


def test_no_query_runs_before_the_lock_is_held(db, settings, tmp_path):
    """This includes the system checks, which would fail on a new SQLite file that another process creates.

    The lock is still held for migrations and the first administrator.
    """
    settings.DATA_DIR, settings.FIRST_ADMIN = tmp_path, ADMIN
    connection.features.__dict__.pop("supports_json_field", None)  # a cached property that makes a query
    queries = []  # (whether the lock is held, SQL)

    def record(execute, sql, *arguments):
        with locks.hold("prepare", wait=False) as is_free:
            queries.append((not is_free, sql))
        return execute(sql, *arguments)

    prepare = load_command_class("operations", "prepare")
    # Not call_command(), which skips the system checks.
    options = vars(prepare.create_parser("manage.py", "prepare").parse_args(["--verbosity=0"]))
    with connection.execute_wrapper(record):
        prepare.execute(**options)
    assert queries[0][0]
    for words in ('FROM "django_migrations"', 'INSERT INTO "auth_user"'):
        assert {lock_is_held for lock_is_held, sql in queries if words in sql} == {True}, words


@pytest.mark.sqlite_only
def test_new_site_on_sqlite_is_a_copy_of_the_database_in_the_image(db, settings, tmp_path):
    """So it runs no migration. A database with tables stays as it is."""
    migrated, stored = tmp_path / "new_site.db", tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(migrated)) as source:
        source.execute("CREATE TABLE django_migrations AS SELECT 1 AS id")
        source.commit()
    migrated.chmod(0o400)
    options = settings.DATABASES["default"] | {"NAME": str(stored)}
    with closing(ConnectionHandler({"default": options})["default"]) as new:
        new_site.begin(new, tmp_path / "missing.db")
        assert new.introspection.table_names() == []
        new_site.begin(new, migrated)
        assert new.introspection.table_names() == ["django_migrations"]
        with new.cursor() as cursor:
            cursor.execute("UPDATE django_migrations SET id = 2")
        new_site.begin(new, migrated)
        with new.cursor() as cursor:
            assert cursor.execute("SELECT id FROM django_migrations").fetchall() == [(2,)]


@pytest.mark.sqlite_only
def test_site_gets_the_address_of_base_url(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for address, stored in {"https://new.example.org": 443, "http://new.example.org:8000": 8000}.items():
        settings.BASE_URL = address
        call_command("prepare", verbosity=0)
        site = Site.objects.get()
        assert (site.hostname, site.port) == ("new.example.org", stored)


@pytest.mark.sqlite_only
def test_errors_of_the_system_checks_stop_the_start(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.LANGUAGES_BIDI = ["no language!"]
    with pytest.raises(SystemCheckError, match="LANGUAGES_BIDI"):
        call_command("prepare", verbosity=0)
