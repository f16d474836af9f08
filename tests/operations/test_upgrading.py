"""A database that an earlier version filled is upgraded: it has the same pages, names and withdrawals."""

import hashlib
import json
import lzma
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from operations import locks
from safeguarding.models import Contributor
from safeguarding.withdrawal import ledger
from site_project import VERSION
from stories.models import StoryPage
from tests.support import builders, postgresql_server, production, release_databases
from tests.support.database_fixtures import use_file
from tests.support.production import database_of_the_test
from tests.support.release_databases import describe

RELEASES = sorted(release_databases.FOLDER.glob(f"*.{connection.vendor}.xz"))
HASHES = release_databases.FOLDER / "migrations.sha256"


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(f".{connection.vendor}.xz"))
def facts(request, whole_database, settings, tmp_path):
    """Let this process use the database of a release, and return what is known about it."""
    settings.DATA_DIR, settings.SAFEGUARDING_KEYS = tmp_path, [release_databases.KEY]
    facts = json.loads(request.param.with_suffix(".json").read_text())
    ledger.file_path().write_text(facts["ledger"])
    content, path = lzma.decompress(request.param.read_bytes()), tmp_path / "db.sqlite3"
    path.write_bytes(content)
    with use_file(path) if connection.vendor == "sqlite" else use_schema(content):
        cache.clear()
        with time_machine.travel(datetime.fromisoformat(facts["time"])):
            yield facts
        connection.close()
    cache.clear()


@contextmanager
def use_schema(sql):
    """Context manager for PostgreSQL: `connection` uses a schema that `sql` filled."""
    execute("ALTER SCHEMA public RENAME TO others; CREATE SCHEMA public")
    execute(sql.decode())
    yield
    execute("DROP SCHEMA public CASCADE; ALTER SCHEMA others RENAME TO public")


def execute(sql):
    """Execute `sql` past Django, whose wrappers would write into the tables that are exchanged."""
    connection.ensure_connection()
    connection.connection.execute(sql)
    connection.close()  # A dump empties the search path of its connection.


def test_upgraded_site_answers_as_before(facts, client):
    call_command("prepare", verbosity=0)
    answers = {url: describe(client.get(url)) for url in facts["answers"]}
    assert answers == facts["answers"]
    assert answers[f"/stories/{release_databases.WITHDRAWN}/"] == [404, []]
    assert release_databases.NAMES in [person.names for person in Contributor.objects.all()]
    client.force_login(get_user_model().objects.get(username="editor"))
    for story in StoryPage.objects.all():
        assert story.title in client.get(f"/admin/pages/{story.pk}/edit/").text


@pytest.mark.sqlite_only
def test_migrations_of_releases_stay_as_they_are():
    """Databases have them already: what a changed one adds would be missing there."""
    changed = [line for line in HASHES.read_text().splitlines() if line not in migration_hashes()]
    assert changed == [], "Put the old text back, and add a migration for the change."


def migration_hashes():
    """Return a line for each migration, as in migrations.sha256. CONTRIBUTING.md says how that is written."""
    paths = sorted(settings.BASE_DIR.glob("[a-z]*/migrations/[0-9]*.py"))
    return [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.relative_to(settings.BASE_DIR)}"
        for each in paths
    ]


@pytest.mark.sqlite_only
def test_version_is_told(admin_client):
    command = [sys.executable, settings.BASE_DIR / "manage.py", "version"]
    assert subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout == f"{VERSION}\n"
    assert VERSION in builders.parse(admin_client.get("/admin/guide/")).select_one("header").get_text()
    assert f"\n## {VERSION}\n" in (settings.BASE_DIR / "CHANGELOG.md").read_text()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's is made with the image")
def test_new_site_on_postgresql_has_what_the_migrations_make(whole_database, tmp_path):
    """If two processes start at once, only one of them fills the database."""
    migrated = database_of_the_test()
    with postgresql_server.new_database(migrated) as new:
        site = production.Site(tmp_path, new)
        (tmp_path / "data").mkdir()
        before = timezone.now()
        with ThreadPoolExecutor() as pool:
            list(pool.map(site.manage, ["prepare"] * 2))
        assert describe_schema(migrated) == describe_schema(new)
        assert describe_rows(migrated) == describe_rows(new)
        with psycopg.connect(new) as database:
            assert database.execute("SELECT min(applied) FROM django_migrations").fetchone()[0] < before
            assert database.execute("SELECT hostname FROM wagtailcore_site").fetchone()[0] == production.HOST


def describe_schema(address):
    """Return the SQL that makes the tables, without brackets and casts: a dump of a dump has others."""
    return re.sub(rb"[()]|::[a-z ]+|\[\]", b"", release_databases.read_sql(address, "--schema-only"))


def describe_rows(address):
    """Return what new databases have in common: the number of rows of each table, and what groups may do."""
    count, tables = "SELECT count(*) FROM {}", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    permissions = """SELECT auth_group.name, codename, model FROM auth_group_permissions
        JOIN auth_group ON auth_group.id = group_id JOIN auth_permission ON auth_permission.id = permission_id
        JOIN django_content_type ON django_content_type.id = content_type_id"""
    with psycopg.connect(address) as database:
        # `prepare` adds rows to these.
        names = {name for (name,) in database.execute(tables)} - {"caching_change", "safeguarding_ledger"}
        counts = {name: database.execute(count.format(name)).fetchone() for name in names}
        return counts, sorted(database.execute(permissions))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="it copies from SQLite to PostgreSQL")
def test_site_moves_to_postgresql(whole_database, settings, tmp_path, client):
    settings.SAFEGUARDING_KEYS = [release_databases.KEY]
    site = production.Site(tmp_path, database_of_the_test(), SAFEGUARDING_KEYS=release_databases.KEY)
    settings.DATA_DIR, path = tmp_path / "data", tmp_path / "db.sqlite3"
    settings.DATA_DIR.mkdir()
    newest = max(release_databases.FOLDER.glob("*.sqlite.xz"))
    facts = json.loads(newest.with_suffix(".json").read_text())
    path.write_bytes(lzma.decompress(newest.read_bytes()))
    ledger.file_path().write_text(facts["ledger"])
    running = locks.share("site")
    assert "The site runs" in site.manage("move_database", str(path), check=False).stderr
    os.close(running)
    assert "another program uses" in site.manage("move_database", str(path), check=False).stderr
    connection.close()
    site.manage("move_database", str(path))
    ContentType.objects.clear_cache()
    cache.clear()
    with time_machine.travel(datetime.fromisoformat(facts["time"])):
        assert {url: describe(client.get(url)) for url in facts["answers"]} == facts["answers"]
    assert release_databases.NAMES in [person.names for person in Contributor.objects.all()]
    assert builders.make_story("The sequences go on").pk
    connection.close()
    done = site.manage("move_database", str(path), check=False)
    assert done.returncode and "has pages already" in done.stderr
