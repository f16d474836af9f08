"""The archive of a backup: a ZIP file with these members.

manifest.json   time, versions, migrations, row counts, and the size and SHA-256 of each other member
database/…      PostgreSQL: one member for each table, as COPY writes it. SQLite: the database file
files/…         the files of the storage, under their names there
"""

import hashlib
import json
import os
import posixpath
import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

from operations.backup import BackupError

# The version of this format. `Reader` refuses others.
FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024  # bytes to copy at a time


class ChecksumWriter:
    """A writable file that counts the bytes and computes their SHA-256. `file`: gets the bytes, or None."""

    def __init__(self, file=None):
        self.file, self.size, self.hash = file, 0, hashlib.sha256()

    def write(self, data):
        self.size += len(data)
        self.hash.update(data)
        if self.file:
            self.file.write(data)

    def summary(self):
        return {"size": self.size, "sha256": self.hash.hexdigest()}


def summarise(file):
    """Return the size and checksum of an open file, as the manifest has them."""
    writer = ChecksumWriter()
    shutil.copyfileobj(file, writer, CHUNK)
    return writer.summary()


class Writer:
    """Writes the members of an archive one after another, and on close() the manifest.

    create.py, postgresql.py and sqlite.py put more into `manifest`, such as the time, migrations and tables.
    """

    def __init__(self, file):
        self.zip = zipfile.ZipFile(file, "w")
        self.manifest = {"format": FORMAT, "members": {}}

    @contextmanager
    def member(self, name, compress):
        """Context manager that yields a writable file. The manifest lists it if the block raises nothing."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with self.zip.open(info, "w", force_zip64=True) as file:
            writer = ChecksumWriter(file)
            yield writer
        self.manifest["members"][name] = writer.summary()

    def close(self):
        self.zip.writestr(MANIFEST, json.dumps(self.manifest, indent=1), zipfile.ZIP_DEFLATED)
        self.zip.close()


@contextmanager
def new_archive(path):
    """Context manager that yields a Writer for the archive at `path`, which only its owner can read.

    The file appears when it is complete. Raises BackupError if it exists already or can't be written.
    """
    if path.exists():
        raise BackupError(f"{path} exists already. Nothing was written.")
    try:
        handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 600
    except OSError as error:
        raise BackupError(f"{path} can't be written: {error.strerror}.") from error
    try:
        with open(handle, "wb") as file:
            writer = Writer(file)
            yield writer
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


class Reader:
    """A verified archive: the constructor compares every member with the manifest.

    Raises BackupError if the file is damaged, was altered, or is not a backup in this format.
    """

    def __init__(self, file, report):
        try:
            self.zip = zipfile.ZipFile(file)
            self.manifest = json.loads(self.zip.read(MANIFEST))
        except Exception as error:  # zipfile, json and decompressors raise all kinds on a broken file
            raise BackupError("This is not a backup of this site, or only a part of one.") from error
        found = self.manifest.get("format") if isinstance(self.manifest, dict) else None
        if found != FORMAT:
            raise BackupError(f"The backup has the format {found!r}. This version reads {FORMAT}.")
        try:
            self.check(report)
        except BackupError:
            raise
        except Exception as error:  # from zipfile and decompressors, or due to a manifest of another shape
            raise BackupError("The backup is damaged, or was altered.") from error

    def check(self, report):
        """Raise BackupError unless the members are those of the manifest, unchanged and with safe names."""
        members = self.manifest["members"]
        names = [info.filename for info in self.zip.infolist()]
        if sorted(names) != sorted([*members, MANIFEST]):
            raise BackupError("The backup is damaged, or was altered: what is in it is not what it lists.")
        for name in members:
            if not is_safe(name):
                raise BackupError(f"The backup was altered: it holds a file with the path {name!r}.")
        for number, (name, sums) in enumerate(members.items(), start=1):
            with self.zip.open(name) as file:
                found = summarise(file)
            if found != sums:
                raise BackupError(f"The backup is damaged, or was altered: {name} is not what was saved.")
            if number % 500 == 0:
                report(f"Checked {number} of {len(members)} parts")

    def open(self, name):
        return self.zip.open(name)

    def names_in(self, folder):
        """Return the names of the members in `folder`, without the prefix `folder`."""
        return [name.removeprefix(folder) for name in self.manifest["members"] if name.startswith(folder)]


def is_safe(name):
    """Return whether the path `name` stays inside database/ or files/ on every operating system.

    Windows takes a backslash as a separator, and a colon as the end of a drive's name. A NUL would be an
    error later. A line break could fake a line of the progress report.
    """
    return (
        name == posixpath.normpath(name)
        and not any(letter in name for letter in "\\:\0\n")
        and name.startswith(("database/", "files/"))
    )


@contextmanager
def open_archive(path, report):
    """Context manager that yields a Reader of the archive at `path`."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - only errors of open() are caught
    except OSError as error:
        raise BackupError(f"{path} can't be read: {error.strerror}.") from error
    with file:
        yield Reader(file, report)
