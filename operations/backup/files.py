"""The files of the storage, in a folder or in a bucket: into an archive, and back."""

import posixpath
import shutil

from django.core.files.base import File
from django.core.files.storage import default_storage

from media.folder import UNFINISHED
from operations.backup import BackupError
from operations.backup.archive import CHUNK, sums_of

FOLDER = "files/"
EVERY = 100


def stored(folder=""):
    """Yield the names of all files in the storage."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (posixpath.join(folder, name) for name in names if not name.startswith(UNFINISHED))
    for name in folders:
        yield from stored(posixpath.join(folder, name))


def save(writer, report):
    """Write all files into the archive; a picture that is deleted meanwhile is left out."""
    number = 0
    for number, name in enumerate(stored(), start=1):
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


def is_same(name, sums):
    """Whether the stored file `name` has this size and checksum."""
    with default_storage.open(name) as file:
        return sums_of(file) == sums


class Restoring:
    """Brings the files of an archive into the storage, in two steps around the database's own.

    Until the second nothing of the old site is touched: what is new stands beside it.
    """

    def __init__(self, reader, report):
        self.reader, self.report = reader, report
        self.names = set(reader.below(FOLDER))
        self.here = set(stored())
        self.added = []

    @property
    def in_the_way(self):
        """The names of stored files that the archive has not."""
        return self.here - self.names

    def add(self):
        """Store what isn't there yet."""
        new = sorted(self.names - self.here)
        for number, name in enumerate(new, start=1):
            self.added.append(name)
            self.write(name)
            if number % EVERY == 0 or number == len(new):
                self.report(f"{number} of {len(new)} files")

    def undo(self):
        for name in self.added:
            default_storage.delete(name)

    def finish(self):
        """Replace what is there under a name of the archive but is another, and delete all else."""
        sums = self.reader.manifest["members"]
        changed = [name for name in self.here & self.names if not is_same(name, sums[FOLDER + name])]
        for name in [*changed, *self.in_the_way]:
            default_storage.delete(name)
        for name in changed:
            self.write(name)

    def write(self, name):
        with self.reader.open(FOLDER + name) as member:
            written = default_storage.save(name, File(member, name))
        if written != name:
            default_storage.delete(written)
            raise BackupError(f"The storage gave {name} another name: somebody writes to it meanwhile.")
