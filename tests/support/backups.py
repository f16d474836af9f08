"""Saves the site, and puts an older state of it in place, as the restore of a backup does."""

import pickle
import shutil
import sqlite3
from contextlib import closing

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from caching.content_version import content_version
from safeguarding.withdrawal.tasks import run_tasks
from tests.support import database_fixtures, stored_text


def save_site(folder):
    """Save the database and the files in the new `folder`."""
    folder.mkdir()
    if settings.MEDIA_ROOT.exists():
        shutil.copytree(settings.MEDIA_ROOT, folder / "media")
    if connection.vendor == "postgresql":
        (folder / "database").write_bytes(pickle.dumps(database_fixtures.copy_tables()))
    else:
        with closing(sqlite3.connect(folder / "database")) as copy:
            connection.connection.backup(copy)


def replace_database(folder):
    """Put the database in place that was saved in `folder`."""
    if connection.vendor == "postgresql":
        database_fixtures.restore_tables(pickle.loads((folder / "database").read_bytes()))  # noqa: S301
    else:
        with closing(sqlite3.connect(folder / "database")) as copy:
            database_fixtures.restore_database(copy)
    forget_database()


def row_counts():
    """Return {table: number of its rows}."""
    return {name: len(rows) for name, rows in stored_text.stored_rows().items()}


def forget_database():
    """Do as processes that start anew: nothing of the database is in their memory."""
    connection.close()
    ContentType.objects.clear_cache()
    content_version.expire()


def restore_site(folder):
    """Put in place what was saved in `folder`, start the site, and do the work of the scheduler."""
    replace_database(folder)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    if (folder / "media").exists():
        shutil.copytree(folder / "media", settings.MEDIA_ROOT)
    call_command("prepare", verbosity=0)
    run_tasks()
