"""Makes backups, deletes old ones, and says whether one is missing. `manage.py backup` runs it.

A backup is one file in the storage "backups", a folder or a bucket: a tar archive of manifest.json,
withdrawals.jsonl (the ledger of withdrawals), database, the folder media, and the empty file `end`, without
which it is not complete. Beside the backups is the newest copy of the ledger. With keys in BACKUP_KEY, age
encrypts all of them. operations/restoring.py puts a backup in place.
"""

import io
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import LoginAttempt
from media.folder import UNFINISHED
from operations import locks
from safeguarding import encryption
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.database_files import NIGHT
from safeguarding.withdrawal_models import Ledger

logger = logging.getLogger(__name__)
FORMAT = 1  # of the archive
NAME = "stories-%Y-%m-%dT%H-%M-%SZ.tar"
# Tables whose rows are left out: somebody who finds a backup could log in with a session.
LEFT_OUT = [model._meta.db_table for model in (Session, LoginAttempt)]
TOO_OLD = timedelta(hours=36)


def is_configured():
    return "backups" in settings.STORAGES


# --- Making one ----------------------------------------------------------------------------------


def make():
    """Make a backup, delete old ones, and return its name."""
    delete_unfinished()
    folder = settings.DATA_DIR / f"{UNFINISHED}backup"
    folder.mkdir(mode=0o700)
    try:
        manifest = json.dumps(describe_site()).encode()
        copy_database(folder / "database")
        # The ledger is read after the database, so it has all withdrawals of that. So are the files: the site
        # never overwrites one.
        withdrawals = ledger.read_content()
        name = store(timezone.now().strftime(NAME), partial(write_archive, manifest, withdrawals, folder))
        store(ledger.NAME, lambda stream: stream.write(withdrawals))
    finally:
        shutil.rmtree(folder)
    delete_old()
    return name


def describe_site():
    """Return what a restore checks before it changes anything."""
    site = {"stories": FORMAT, "version": settings.VERSION, "database": connection.vendor}
    # A key of SAFEGUARDING_KEYS is right if it decrypts this.
    token = encryption.encrypt("readable") if encryption.has_keys() else ""
    return site | {"salt": Ledger.get().salt, "key": token}


def copy_database(path):
    """Copy the database to the new file `path`, without the rows of LEFT_OUT."""
    if connection.vendor == "postgresql":
        options = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        run_client("pg_dump", "--format=custom", f"--file={path}", *options)
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    with closing(sqlite3.connect(path)) as copy:
        copy.execute("PRAGMA secure_delete = ON")
        for table in LEFT_OUT:
            copy.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        copy.commit()


def run_client(program, *options):
    """Run a program of PostgreSQL with the database of the site."""
    command, variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, options)
    run([program, *command[1:]], variables or {})


def run(command, variables=None):
    """Run a program, which must succeed, and return the finished process."""
    environment = os.environ | (variables or {})
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    return subprocess.run(command, env=environment, check=True, **streams)  # noqa: S603 - without a shell


def write_archive(manifest, withdrawals, folder, stream):
    with tarfile.open(fileobj=stream, mode="w|") as archive:
        add(archive, "manifest.json", io.BytesIO(manifest), len(manifest))
        add(archive, ledger.NAME, io.BytesIO(withdrawals), len(withdrawals))
        with (folder / "database").open("rb") as file:
            add(archive, "database", file, (folder / "database").stat().st_size)
        for name in stored_names():
            with suppress(FileNotFoundError), default_storage.open(name) as file:  # Deleted meanwhile.
                add(archive, f"media/{name}", file, file.size)
        add(archive, "end", None, 0)


def add(archive, name, file, size):
    info = tarfile.TarInfo(name)
    info.size = size
    archive.addfile(info, file)


def stored_names(folder=""):
    """Yield the paths of all pictures and documents."""
    with suppress(FileNotFoundError):  # Nothing was stored yet.
        folders, names = default_storage.listdir(folder)
        for name in names:
            if folder or not (name.startswith(UNFINISHED) or name == ledger.NAME):
                yield f"{folder}{name}"
        for each in folders:
            yield from stored_names(f"{folder}{each}/")


class Output(File):
    """What a process writes. Its end counts only if the process, and the thread that feeds it, succeeded."""

    def __init__(self, process, feeding):
        super().__init__(process.stdout)
        self.process, self.feeding = process, feeding

    def read(self, size=-1):
        chunk = self.file.read(size)
        if not chunk or size == -1:
            errors = self.process.stderr.read().decode()
            if status := self.process.wait():
                raise subprocess.CalledProcessError(status, self.process.args, stderr=errors)
            self.feeding.result()
        return chunk


def store(name, write):
    """Store what the function `write` writes to a stream, encrypted if there are keys. Return the name."""
    keys = [word for key in settings.BACKUP_KEYS for word in ("--recipient", key)]
    command, name = (["age", *keys], f"{name}.age") if keys else (["cat"], name)

    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)

    def feed():
        with process.stdin as stream:
            write(stream)

    with (
        subprocess.Popen(command, **pipes) as process,  # noqa: S603
        ThreadPoolExecutor() as pool,
    ):
        try:
            return storages["backups"].save(name, Output(process, pool.submit(feed)))
        except BaseException:  # also SIGTERM
            process.kill()  # which ends the thread
            raise


# --- Old and unfinished ones ---------------------------------------------------------------------


def names():
    """Return the names of the backups, the oldest first."""
    with suppress(FileNotFoundError):
        return sorted(each for each in storages["backups"].listdir("")[1] if made_at(each))
    return []


def made_at(name):
    """Return when the backup `name` was made, or None if it is another file."""
    with suppress(ValueError):
        return datetime.strptime(name.removesuffix(".age"), NAME).replace(tzinfo=UTC)


def delete_old():
    """Delete backups that are older than BACKUP_DAYS, but never the newest one."""
    limit = timezone.now() - timedelta(days=settings.BACKUP_DAYS)
    for name in names()[:-1]:
        if made_at(name) < limit:
            storages["backups"].delete(name)


def delete_unfinished():
    """Delete what a run left behind that was killed."""
    shutil.rmtree(settings.DATA_DIR / f"{UNFINISHED}backup", ignore_errors=True)
    storage = storages["backups"]
    if hasattr(storage, "bucket"):
        for upload in storage.bucket.multipart_uploads.all():
            if made_at(upload.object_key):
                upload.abort()
        return
    with suppress(FileNotFoundError):
        for name in storage.listdir("")[1]:
            if name.startswith(UNFINISHED):
                storage.delete(name)


# --- Each night, and what operators see of it ----------------------------------------------------


def is_due():
    """Return whether there is no backup since 1 o'clock, in the site's time zone."""
    now = timezone.localtime()
    due = now.replace(hour=1, minute=0, second=0, microsecond=0)
    due = due if due <= now else due - timedelta(days=1)
    made = names()
    # From 3 to 6, PostgreSQL rewrites its tables, which a backup would hold.
    return not made or (made_at(made[-1]) < due and now.hour not in NIGHT)


def make_and_note(if_due=False):
    """Make a backup, with `if_due` only if one is due and no other process makes one.

    If it fails, log and note the reason, and return it.
    """
    try:
        note_newest()
        if if_due and not is_due():
            return None
        with locks.hold("backup", wait=not if_due) as is_acquired:
            if not is_acquired:
                return None
            logger.info("The backup was made: %s", make())
        failed_file().unlink(missing_ok=True)
        note_newest()
    except Exception as error:
        reason = describe(error)
        logger.exception("The backup failed: %s", reason)
        failed_file().write_text(reason)
        return reason


def describe(error):
    """Return in a line why a backup, or a restore, failed."""
    if isinstance(error, subprocess.CalledProcessError):
        lines = (error.stderr or type(error).__name__).splitlines()
        return next((line for line in lines if "error" in line.lower()), lines[0])
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}"
    return f"{type(error).__name__} {error}"


def made_file():
    """Return the Path of an empty file whose time is that of the newest backup. compose.yaml looks at it."""
    return settings.DATA_DIR / "backup_made"


def failed_file():
    """Return the Path of the file that says why the last backup failed. It is missing if that succeeded."""
    return settings.DATA_DIR / "backup_failed"


def note_newest():
    """Set the time of made_file(). Other containers don't have the backups."""
    if made := names():
        moment = made_at(made[-1]).timestamp()
        made_file().touch()
        os.utime(made_file(), (moment, moment))


def problem():
    """Return in words what is wrong with the backups, or ""."""
    if not is_configured():
        return "" if settings.LOCAL else _("No backups of this site are made.")
    with suppress(FileNotFoundError):
        return _("The last backup failed: %s.") % failed_file().read_text()
    with suppress(FileNotFoundError):
        if timezone.now().timestamp() - made_file().stat().st_mtime < TOO_OLD.total_seconds():
            return ""
    return _("There is no backup of the last 36 hours.")
