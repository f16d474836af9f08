"""The archive: a ZIP file of the database, the files, and a manifest with the checksum of each.

manifest.json                  what made it, migrations, row counts, sizes and SHA-256 of all the rest
database/…                     a table a member (PostgreSQL, as COPY writes it), or SQLite's own file
files/…                        the files of the storage, under their names there
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

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
# Of what was never in a backup by this program, a part may still read like one.
UNREADABLE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zipfile.zlib.error)


class Counted:
    """A file to write to that knows the size and the checksum of what it was given."""

    def __init__(self, file=None):
        self.file, self.size, self.hash = file, 0, hashlib.sha256()

    def write(self, data):
        self.size += len(data)
        self.hash.update(data)
        if self.file:
            self.file.write(data)

    def sums(self):
        return {"size": self.size, "sha256": self.hash.hexdigest()}


def sums_of(file):
    """Return size and checksum of an open file."""
    counted = Counted()
    shutil.copyfileobj(file, counted, CHUNK)
    return counted.sums()


class Writer:
    """Writes the members of an archive one after another, and the manifest at the end."""

    def __init__(self, file):
        self.zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self.manifest = {"format": FORMAT, "members": {}}

    @contextmanager
    def member(self, name, compress):
        """Give a file to write to. What it got is in the archive only when the block ends well."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with self.zip.open(info, "w", force_zip64=True) as file:
            counted = Counted(file)
            yield counted
        self.manifest["members"][name] = counted.sums()

    def close(self):
        self.zip.writestr(MANIFEST, json.dumps(self.manifest, indent=1), zipfile.ZIP_DEFLATED)
        self.zip.close()


@contextmanager
def new_archive(path):
    """Give a Writer of the archive `path`, which appears, for its owner alone, when all is in it."""
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
    """An archive whose every byte was compared with its manifest before anything else."""

    def __init__(self, file, report):
        try:
            self.zip = zipfile.ZipFile(file)
            self.manifest = json.loads(self.zip.read(MANIFEST))
        except (KeyError, RecursionError, *UNREADABLE) as error:
            raise BackupError("This is no backup of this site, or a part of one.") from error
        found = self.manifest.get("format") if isinstance(self.manifest, dict) else None
        if found != FORMAT:
            raise BackupError(f"The backup has the format {found!r}. This version reads {FORMAT}.")
        try:
            self.check(report)
        except (KeyError, TypeError, AttributeError, *UNREADABLE) as error:
            raise BackupError("The backup is damaged, or was altered.") from error

    def check(self, report):
        members = self.manifest["members"]
        names = [info.filename for info in self.zip.infolist()]
        if sorted(names) != sorted([*members, MANIFEST]):
            raise BackupError("The backup is damaged, or was altered: what is in it is not what it lists.")
        for name in members:
            if not is_safe(name):
                raise BackupError(f"The backup was altered: it holds a file with the path {name!r}.")
        for number, (name, sums) in enumerate(members.items(), start=1):
            with self.zip.open(name) as file:
                found = sums_of(file)
            if found != sums:
                raise BackupError(f"The backup is damaged, or was altered: {name} is not what was saved.")
            if number % 500 == 0:
                report(f"Checked {number} of {len(members)} parts")

    def open(self, name):
        return self.zip.open(name)

    def below(self, folder):
        """Return the names of the members in `folder`, without it."""
        return [name.removeprefix(folder) for name in self.manifest["members"] if name.startswith(folder)]


def is_safe(name):
    """Whether the path `name` stays in its folder, on every system."""
    return (
        name == posixpath.normpath(name)
        and not name.startswith(("/", "../"))
        and not any(letter in name for letter in "\\:\0\n")
        and name.startswith(("database/", "files/"))
    )


@contextmanager
def opened(path, report):
    """Give a Reader of the archive `path`."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - the errors of what is done with it are not its own
    except OSError as error:
        raise BackupError(f"{path} can't be read: {error.strerror}.") from error
    with file:
        yield Reader(file, report)
