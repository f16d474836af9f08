"""Puts a backup in place. `manage.py restore` runs it.

unpack() checks all of a backup, and leaves it in the folder `restored` of the data folder: before that,
nothing of the site changes. Then `prepare` calls replace(), carries out the withdrawals since, and calls
finish(). If that is interrupted, the next start of the site runs `prepare` and does it again.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.core.management.base import CommandError
from django.db import connection

from operations import backups, locks
from safeguarding import encryption
from safeguarding.withdrawal import ledger

# Whether this user has another connection. One that was closed is in the list for a moment.
USED = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND usename = current_user AND pid <> pg_backend_pid()), pg_sleep(0.1)"""


def folder():
    return settings.DATA_DIR / "restored"


def refuse(reason):
    raise CommandError(f"Nothing was changed, because the backup can't be restored: {reason}.")


# --- Before anything changes ---------------------------------------------------------------------


@contextmanager
def alone():
    """Context manager that lets no site start with this data folder. Raises CommandError if one runs."""
    with locks.hold_file("site", wait=False) as is_alone:
        if not is_alone or is_used():
            raise CommandError("The site runs, or another program uses its database. Stop it first.")
        yield


def is_used():
    """Return whether PostgreSQL has other connections for two seconds, as of a site on any machine."""
    if connection.vendor == "sqlite":
        return False
    with connection.cursor() as cursor:
        return all(cursor.execute(USED).fetchone()[0] for _time in range(20))


def unpack(name):
    """Check the backup `name` and leave it in folder(). Raises CommandError if it is not right."""
    made = backups.names()
    name = made[-1] if made and name == "newest" else name
    if name not in made:
        refuse(f"none is called {name}; there are {', '.join(made) or 'no backups'}")
    # The private key is never stored.
    path, is_encrypted = settings.BACKUP_IDENTITY_FILE, name.endswith(".age")
    identity = is_encrypted and (Path(path).read_text() if path else sys.stdin.read().strip())
    if is_encrypted and not identity:
        refuse("it is encrypted, and standard input is empty. Add < and the file with the private key of age")
    try:
        with backups.unfinished_folder() as unfinished:
            site = unfinished / "site"
            with tarfile.open(fetch(name, unfinished, identity)) as archive:
                check_manifest(archive)
                archive.extractall(site, filter="data")  # It refuses what leads out of the folder.
            # The newest copy of the ledger has the withdrawals since this backup.
            newest = f"{ledger.NAME}{'.age' if is_encrypted else ''}"
            if storages["backups"].exists(newest):
                shutil.copy(fetch(newest, unfinished, identity), site / f"newest-{ledger.NAME}")
            check_database(site)
            os.sync()
            if folder().exists():  # An earlier backup, which could not be put in place.
                folder().rename(unfinished / "earlier")
            site.rename(folder())
    except (tarfile.TarError, sqlite3.Error, subprocess.CalledProcessError) as error:
        refuse(backups.describe(error))


def fetch(name, unfinished, identity):
    """Return the Path of the stored file `name`, or of what it is decrypted."""
    storage, path = storages["backups"], unfinished / name
    if hasattr(storage, "bucket"):
        storage.bucket.download_file(name, path, Config=storage.transfer_config)
    else:
        path = Path(storage.path(name))
    if not identity:
        return path
    decrypted = unfinished / f"{name}.decrypted"
    backups.run(["age", "--decrypt", "--identity", "-", "--output", decrypted, path], text=identity)
    return decrypted


def check_manifest(archive):
    """Check that `archive` is complete, of this site, and not of a later version.

    An archive of another program can be read, too.
    """
    try:
        site = json.load(archive.extractfile(backups.MANIFEST))
        is_later = to_numbers(site["version"]) > to_numbers(settings.VERSION)
        key = site["key"]
    except (AttributeError, KeyError, TypeError, ValueError):
        refuse("it is not complete, or not one of this site")
    if is_later:
        refuse(f"it was made by the newer version {site['version']}")
    if key and not encryption.decrypt(key):
        refuse("SAFEGUARDING_KEYS lacks the key of this site")


def to_numbers(version):
    return [int(part) for part in version.split(".")]


def check_database(site):
    """Check that the unpacked database can be read, all of it."""
    if connection.vendor == "postgresql":
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={site / 'sql'}"]
        backups.run(["pg_restore", *options, site / "database"])
        # A line of PostgreSQL 17 at the beginning, which an older server refuses.
        backups.run(["sed", "--in-place", "1,40s/^SET transaction_timeout = 0;$//", site / "sql"])
        return
    with closing(sqlite3.connect(site / "database")) as database:
        database.execute("SELECT * FROM django_migrations")  # An empty file can be read, too.
        if database.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            refuse("its database is damaged")


# --- What `prepare` does -------------------------------------------------------------------------


def replace():
    """Put in place what unpack() left, if anything."""
    if not (folder() / backups.MANIFEST).exists():
        return
    try:
        replace_database(folder())
    except (sqlite3.Error, subprocess.CalledProcessError) as error:
        finish()
        refuse(backups.describe(error))
    connection.close()
    replace_files(folder() / "media")


def replace_database(site):
    """Replace the database in one transaction."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(site / "database")) as database:
            database.backup(connection.connection)
        return
    # A later version may have tables that the backup doesn't know, with references to others.
    tables = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names()))
    drop = f"SET lock_timeout = '10s'; {tables and f'DROP TABLE {tables} CASCADE'}"
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    backups.run_client("psql", *options, f"--command={drop}", f"--file={site / 'sql'}")


def replace_files(media):
    """Make the stored files those in the folder `media`. One that has the same name and size is the same."""
    paths = {path.relative_to(media).as_posix(): path for path in media.rglob("*") if path.is_file()}
    for name in set(backups.stored_names()) - paths.keys():
        default_storage.delete(name)
    for name, path in paths.items():
        if default_storage.exists(name) and default_storage.size(name) == path.stat().st_size:
            continue
        default_storage.delete(name)
        with path.open("rb") as file:
            default_storage.save(name, File(file))


def finish(keep_lists=False):
    """Delete what unpack() left. With `keep_lists`, the lists of withdrawals stay: see read_copies()."""
    # First of all: replace() would take the half of a backup for the whole, and delete the site's files.
    (folder() / backups.MANIFEST).unlink(missing_ok=True)
    if not keep_lists:
        shutil.rmtree(folder(), ignore_errors=True)
        return
    shutil.rmtree(folder() / "media", ignore_errors=True)
    for name in ("database", "sql"):
        (folder() / name).unlink(missing_ok=True)
