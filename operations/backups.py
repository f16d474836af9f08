"""Makes backups, deletes old ones, and says whether one is missing. `manage.py backup` runs it.

A backup is a tar archive in the storage "backups", a folder or a bucket: `database`, withdrawals.jsonl (the
ledger of withdrawals), the files below media/, and at the end manifest.json. Beside the backups is the newest
copy of the ledger. With BACKUP_KEY, age encrypts all of them. operations/restoring.py restores one.
"""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from media.folder import UNFINISHED
from media.sweep import list_files
from operations import locks
from safeguarding import encryption
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.database_files import NIGHT

logger = logging.getLogger(__name__)
# Names in the order of the alphabet are in the order of time.
NAME = "stories-%Y-%m-%dT%H-%M-%SZ.tar"
MANIFEST = "manifest.json"
# Tables whose rows are left out: somebody who finds a backup could log in with a session.
LEFT_OUT = ["django_session", "accounts_loginattempt"]
TOO_OLD = timedelta(hours=36)


def is_configured():
    return "backups" in settings.STORAGES


def check_settings():
    if not is_configured():
        raise CommandError("Set BACKUP_DIR or BACKUP_BUCKET first.")


# --- Making one ----------------------------------------------------------------------------------


def make():
    """Make a backup, and delete old and unfinished ones."""
    storage, now = storages["backups"], timezone.now()
    with unfinished_folder() as folder:
        copy_database(folder / "database")
        # The ledger and the files are read after the database, so that they have all that it refers to.
        (folder / ledger.NAME).write_bytes(content := ledger.read_content())
        write_archive(folder, folder / now.strftime(NAME))
        store(folder / now.strftime(NAME))
        if ledger.is_of_this_site(content):  # One that was lost must not replace its copy.
            store(folder / ledger.NAME)
    limit = (now - timedelta(days=settings.BACKUP_DAYS)).strftime(NAME)
    for name in [*names(UNFINISHED), *(name for name in names() if name < limit)]:
        storage.delete(name)
    for upload in storage.bucket.multipart_uploads.all() if hasattr(storage, "bucket") else ():
        upload.abort()


@contextmanager
def unfinished_folder():
    """Context manager that yields a new folder, and deletes it, and those of processes that were killed."""
    for path in settings.DATA_DIR.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=settings.DATA_DIR) as folder:
        yield Path(folder)


def copy_database(path):
    """Copy the database to the new file `path`, without the rows of LEFT_OUT."""
    if connection.vendor == "postgresql":
        left_out = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        run_client("pg_dump", "--format=custom", f"--file={path}", *left_out)
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
    run([program, *command[1:]], variables)


def run(command, variables=None, text=""):
    """Run a program, which must succeed, with `text` as standard input."""
    options = {"env": os.environ | (variables or {}), "input": text, "capture_output": True, "text": True}
    subprocess.run(command, check=True, **options)  # noqa: S603 - without a shell


def write_archive(folder, path):
    # A key of SAFEGUARDING_KEYS is right if it decrypts the token.
    token = encryption.encrypt("readable") if encryption.has_keys() else ""
    (folder / MANIFEST).write_text(json.dumps({"version": settings.VERSION, "key": token}))
    with tarfile.open(path, "w") as archive:
        for name in ("database", ledger.NAME):
            archive.add(folder / name, name)
        for name in stored_names():
            info = tarfile.TarInfo(f"media/{name}")
            with suppress(FileNotFoundError), default_storage.open(name) as file:  # Deleted meanwhile.
                info.size = file.size
                archive.addfile(info, file)
        archive.add(folder / MANIFEST, MANIFEST)


def stored_names(folder=""):
    """Yield the paths of all pictures and documents."""
    with suppress(FileNotFoundError):  # Nothing was stored yet.
        folders, files = default_storage.listdir(folder)
        for name in files:
            if not name.startswith(UNFINISHED) and f"{folder}{name}" != ledger.NAME:
                yield f"{folder}{name}"
        for name in folders:
            yield from stored_names(f"{folder}{name}/")


def store(path):
    """Store the file `path`, encrypted if there are keys."""
    if settings.BACKUP_KEYS:
        keys = [word for key in settings.BACKUP_KEYS for word in ("--recipient", key)]
        encrypted = path.with_name(f"{path.name}.age")
        run(["age", *keys, "--output", encrypted, path])
        path = encrypted
    with path.open("rb") as file:
        storages["backups"].save(path.name, File(file))


def names(prefix="stories-"):
    """Return the names of the backups, the oldest first."""
    return sorted(name for name in list_files("", storages["backups"]) if name.startswith(prefix))


# --- Each night, and what operators see of it ----------------------------------------------------


def make_and_note(if_due=False):
    """Make a backup, with `if_due` only if one is due and no other process makes one.

    If it fails, log and note the reason, and return it. Web containers see only what is noted.
    """
    try:
        with locks.hold("backup", wait=not if_due) as is_acquired:
            if is_acquired and (is_due() or not if_due):
                make()
                note("failed").unlink(missing_ok=True)
                note("made").write_text(timezone.now().isoformat())
    except Exception as error:
        reason = describe(error)
        logger.exception("The backup failed: %s", reason)
        with suppress(OSError):  # The disk is full, and the site goes on.
            note("failed").write_text(reason)
        return reason


def describe(error):
    """Return in a line why a backup or a restore failed."""
    lines = (getattr(error, "stderr", "") or f"{type(error).__name__}: {error}").splitlines()
    return next((line for line in lines if "error" in line), lines[0])


def note(name):
    """Return the Path of a file: `made` has the time of the newest backup, `failed` why the last one failed.

    The second is missing if the last one succeeded. compose.yaml looks at the age of the first.
    """
    return settings.DATA_DIR / f"backup_{name}"


def last_made():
    with suppress(FileNotFoundError, ValueError):  # A power cut can leave an empty file.
        return datetime.fromisoformat(note("made").read_text())


def is_due():
    """Return whether there is no backup since 1 o'clock, in the site's time zone, or none at all."""
    made, now, one = last_made(), timezone.localtime(), timedelta(hours=1)
    # From 3 to 6, PostgreSQL rewrites its tables, which a backup would hold.
    is_new_night = made and (timezone.localtime(made) - one).date() < (now - one).date()
    return not made or (is_new_night and now.hour not in NIGHT)


def problem():
    """Return in words what is wrong with the backups, or ""."""
    if not is_configured():
        return "" if settings.LOCAL else _("No backups of this site are made.")
    if note("failed").exists():
        return _("The last backup failed: %s.") % note("failed").read_text()
    made = last_made()
    return "" if made and timezone.now() - made < TOO_OLD else _("There is no backup of the last 36 hours.")
