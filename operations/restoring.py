"""Puts a backup in place. `manage.py restore` runs it.

unpack() checks all of a backup, and leaves it in the folder `restored` of the data folder: before that,
nothing of the site changes. Then `prepare` calls replace(), carries out the withdrawals since, and deletes
the folder. If that is interrupted, the next start of the site runs `prepare` and does it again.
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

from media.folder import UNFINISHED
from operations import backups
from safeguarding import encryption
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal_models import Ledger

FAILED = "Nothing was changed, because the backup can't be restored: "


def restored_folder():
    return settings.DATA_DIR / "restored"


def unfinished_folder():
    return settings.DATA_DIR / f"{UNFINISHED}restore"


# --- Before anything changes ---------------------------------------------------------------------


def refuse(reason):
    raise CommandError(f"{FAILED}{reason}.")


def is_used():
    """Return whether another process has a connection to the database, as the site on any machine has."""
    if connection.vendor == "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = current_user AND pid <> pg_backend_pid())"
        )
        return cursor.fetchone()[0]


def unpack(name):
    """Check the backup `name` and leave it in restored_folder(). Raises CommandError if it is not right."""
    made = backups.names()
    name = made[-1] if made and name == "newest" else name
    if name not in made:
        refuse(f"there are {', '.join(made) or 'no backups'}")
    folder = unfinished_folder()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    identity = read_identity() if name.endswith(".age") else ""
    try:
        with opened(name, folder, identity) as stream:
            salt = extract(stream, folder)
        # The newest copy of the ledger has the withdrawals since this backup.
        copy = f"{ledger.NAME}{'.age' if identity else ''}"
        if storages["backups"].exists(copy):
            with opened(copy, folder, identity) as stream:
                (folder / f"newest-{ledger.NAME}").write_bytes(stream.read())
        check_database(folder, salt)
        os.sync()
        folder.rename(restored_folder())
    except (tarfile.TarError, sqlite3.Error, subprocess.CalledProcessError) as error:
        refuse(backups.describe(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_identity():
    """Return the private key of age, which is never stored."""
    if path := settings.BACKUP_IDENTITY_FILE:
        return Path(path).read_text()
    return sys.stdin.read()


@contextmanager
def opened(name, folder, identity):
    """Context manager that yields the stored file `name` as a stream, decrypted with `identity`."""
    storage = storages["backups"]
    if hasattr(storage, "bucket"):
        path = folder / "downloaded"
        storage.bucket.download_file(name, path, Config=storage.transfer_config)
    else:
        path = Path(storage.path(name))
    if not name.endswith(".age"):
        with path.open("rb") as stream:
            yield stream
        return
    # age reads the key from a pipe. It is shorter than what a pipe holds.
    reading, writing = os.pipe()
    os.write(writing, identity.encode())
    os.close(writing)
    command = ["age", "--decrypt", "--identity", f"/dev/fd/{reading}", path]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, pass_fds=[reading], **pipes) as age:  # noqa: S603
        os.close(reading)
        try:
            yield age.stdout
        finally:
            while age.stdout.read(2**16):
                pass  # age ends only then.
            errors = age.stderr.read().decode()
            if age.wait():
                raise subprocess.CalledProcessError(age.returncode, "age", stderr=errors)


def extract(stream, folder):
    """Unpack the archive `stream`. Return the salt of its site's ledger."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        salt = check_manifest(archive)
        while member := archive.next():
            if not member.isreg():
                refuse("it is not one of this site")
            # The filter refuses names that lead out of the folder.
            archive.extract(member, folder, filter="data")
    if not (folder / "end").exists():
        refuse("it is not complete")
    return salt


def check_manifest(archive):
    """Check the first file of the archive, and return the salt in it.

    An archive of another program could be read, too, and so could a backup of another site.
    """
    member = archive.next()
    try:
        site = json.load(archive.extractfile(member)) if member.name == "manifest.json" else {}
        is_later = (site["stories"], to_numbers(site["version"])) > (
            backups.FORMAT,
            to_numbers(settings.VERSION),
        )
        database, key, salt = site["database"], site["key"], site["salt"]
    except (AttributeError, KeyError, TypeError, ValueError):
        refuse("it is not one of this site")
    if is_later:
        refuse(f"it was made by the newer version {site['version']}")
    if database != connection.vendor:
        refuse(f"its database is {database}, and that of DATABASE_URL is not")
    if key and not encryption.decrypt(key):
        refuse("SAFEGUARDING_KEYS lacks the key of this site")
    return salt


def to_numbers(version):
    return [int(part) for part in version.split(".")]


def check_database(folder, salt):
    """Check that the unpacked database can be read, and is the one whose ledger has `salt`."""
    path, table = folder / "database", Ledger._meta.db_table
    if connection.vendor == "postgresql":
        options = ["--clean", "--if-exists", "--no-owner", "--no-privileges"]
        # This reads all of it.
        backups.run(["pg_restore", *options, f"--file={folder / 'database.sql'}", path])
        found = (
            salt in backups.run(["pg_restore", "--data-only", f"--table={table}", "--file=-", path]).stdout
        )
    else:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            query = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE salt = ?)"  # noqa: S608 - a constant
            found = found and database.execute(query, [salt]).fetchone()[0]
    if not found:
        refuse("its database is damaged, or of another site")


# --- What `prepare` does -------------------------------------------------------------------------


def replace():
    """Put in place what unpack() left, if anything, and delete what it left when it was interrupted."""
    shutil.rmtree(unfinished_folder(), ignore_errors=True)
    folder = restored_folder()
    if not folder.exists():
        return
    try:
        replace_database(folder)
    except (sqlite3.Error, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder)
        refuse(backups.describe(error))
    finally:
        connection.close()
    replace_files(folder / "media")


def replace_database(folder):
    """Replace the database in one transaction."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / "database")) as database:
            database.backup(connection.connection)
        return
    with connection.cursor() as cursor:
        tables = [each.name for each in connection.introspection.get_table_list(cursor) if each.type in "tp"]
    tables = ", ".join(map(connection.ops.quote_name, tables))
    # A later version may have tables that the backup doesn't know, with references to others.
    drop = f"DROP TABLE {tables} CASCADE" if tables else "SELECT 1"
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    steps = [f"--command=SET lock_timeout = '10s'; {drop}", f"--file={folder / 'database.sql'}"]
    backups.run_client("psql", *options, *steps)


def replace_files(folder):
    """Make the stored files those below `folder`. A file that has the same name and size is the same."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    sizes = {name: default_storage.size(name) for name in backups.stored_names()}
    stored = sizes.keys()
    same = {name for name in stored & paths.keys() if sizes[name] == paths[name].stat().st_size}
    for name in stored - same:
        default_storage.delete(name)
    for name in paths.keys() - same:
        with paths[name].open("rb") as file:
            default_storage.save(name, File(file))


def finish():
    """Delete what unpack() left. `prepare` calls it when the withdrawals since are carried out."""
    shutil.rmtree(restored_folder(), ignore_errors=True)
