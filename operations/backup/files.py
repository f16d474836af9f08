"""Backup and restore of the files in the default storage, which is a folder or a bucket."""

import posixpath
import shutil
from contextlib import suppress

from django.core.files.base import File
from django.core.files.storage import default_storage

from media.folder import UNFINISHED
from operations.backup import BackupError
from operations.backup.archive import CHUNK, summarise

FOLDER = "files/"
EVERY = 100  # files between two reports of progress


def stored_names(folder=""):
    """Yield the names of all files in `folder` of the storage, with their paths."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    # UNFINISHED: the prefix of files that are being written.
    yield from (posixpath.join(folder, name) for name in names if not name.startswith(UNFINISHED))
    for name in folders:
        yield from stored_names(posixpath.join(folder, name))


def save(writer, report):
    """Write all files into the archive, except those that are deleted meanwhile."""
    number = 0
    for number, name in enumerate(stored_names(), start=1):
        try:
            file = default_storage.open(name)
        except FileNotFoundError:
            continue
        # Pictures and documents are compressed already.
        with file, writer.member(FOLDER + name, compress=False) as member:
            shutil.copyfileobj(file, member, CHUNK)
        if number % EVERY == 0:
            report(f"{number} files")
    report(f"{number} files, all")


def is_unchanged(name, sums):
    """Return whether the stored file `name` has the size and checksum `sums`."""
    with default_storage.open(name) as file:
        return summarise(file) == sums


class FileRestore:
    """Restores the files of an archive in two steps: add() before the database, finish() after it.

    Until finish(), the files of the site that is replaced stay unchanged, and undo() deletes the new ones.
    """

    def __init__(self, reader, report):
        self.reader, self.report = reader, report
        self.names = set(reader.names_in(FOLDER))
        self.existing = set(stored_names())
        self.added = []

    @property
    def superfluous(self):
        """The names of stored files that are not in the archive."""
        return self.existing - self.names

    def add(self):
        """Store the files of the archive that do not exist yet."""
        new = sorted(self.names - self.existing)
        for number, name in enumerate(new, start=1):
            self.write(name)
            # Only now: if write() fails, another process may have stored the file of this name.
            self.added.append(name)
            if number % EVERY == 0 or number == len(new):
                self.report(f"{number} of {len(new)} files")

    def undo(self):
        """Delete what add() stored. An error here must not hide the one that ended the restore."""
        for name in self.added:
            with suppress(OSError):
                default_storage.delete(name)

    def finish(self):
        """Replace stored files that differ from the archive, and delete those that are not in it."""
        sums = self.reader.manifest["members"]
        changed = [name for name in self.existing & self.names if not is_unchanged(name, sums[FOLDER + name])]
        for name in [*changed, *self.superfluous]:
            default_storage.delete(name)
        for name in changed:
            self.write(name)

    def write(self, name):
        """Store the file `name` of the archive. Raises BackupError if the storage changes its name."""
        with self.reader.open(FOLDER + name) as member:
            written = default_storage.save(name, File(member, name))
        if written != name:
            default_storage.delete(written)
            raise BackupError(f"The storage gave {name} another name: somebody writes to it meanwhile.")
