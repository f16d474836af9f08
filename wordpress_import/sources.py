"""Opens export files: .xml, .xml.gz, and .xml in a .zip file."""

import gzip
import zipfile
import zlib
from pathlib import Path

CHUNK = 64 * 1024
# The largest file, in bytes after unpacking. An export of 10,000 posts has about 100 MB.
MAX_UNPACKED = 4 * 1024**3
# The exceptions that reading a damaged or foreign file can raise.
DAMAGED = (EOFError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class ExportError(Exception):
    """Raised if an export can't be read. Its text is for the person who runs the command."""


class Source:
    """One file of an export.

    `path`: a Path. `member`: the name of the file in the .zip file at `path`, or None. `label`: its name in
    the report.
    """

    def __init__(self, path, member=None):
        self.path, self.member = path, member
        self.label = f"{path.name}/{member}" if member else path.name

    def chunks(self):
        """Yield the bytes of the file in pieces. Raises ExportError if it can't be read."""
        total = 0
        try:
            with self.open() as file:
                while chunk := file.read(CHUNK):
                    total += len(chunk)
                    if total > MAX_UNPACKED:
                        raise ExportError(f"{self.label}: it is larger than 4 GB when it is unpacked.")
                    yield chunk
        except DAMAGED as error:
            raise ExportError(f"{self.label}: the file is damaged or can't be opened ({error}).") from None

    def open(self):
        """Return the unpacked file, opened for reading bytes."""
        if self.member:
            return zipfile.ZipFile(self.path).open(self.member)
        return gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb")


def is_export(name):
    """Return whether the file `name` in a .zip may be an export. A Mac adds files with dots to archives."""
    return name.endswith(".xml") and not name.startswith("__MACOSX/") and not Path(name).name.startswith(".")


def find_sources(paths):
    """Return a list of Sources: one for each of `paths`, or one for each .xml file in a .zip file.

    Raises ExportError if a .zip file can't be read, or has no .xml file.
    """
    sources = []
    for path in map(Path, paths):
        if path.suffix != ".zip":
            sources.append(Source(path))
            continue
        try:
            with zipfile.ZipFile(path) as archive:
                names = sorted(name for name in archive.namelist() if is_export(name))
        except DAMAGED as error:
            raise ExportError(f"{path.name}: the file is damaged or can't be opened ({error}).") from None
        if not names:
            raise ExportError(f"{path.name}: there is no .xml file in it.")
        sources += [Source(path, name) for name in names]
    return sources
