"""The storage of pictures and documents in a folder, which never has half a file, even after a power cut."""

import os
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

# The prefix of files that are being written.
UNFINISHED = ".unfinished-"


class WrittenFile(File):
    """A complete file on the same disk. Django moves a file that has this method, instead of copying it."""

    def temporary_file_path(self):
        return self.file.name


class FolderStorage(FileSystemStorage):
    """Writes a file under a temporary name first. Django leaves half a file behind when the disk is full."""

    def _save(self, name, content):
        os.makedirs(self.location, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=UNFINISHED, dir=self.location, delete=False) as file:
            try:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                # A temporary file can be read by its owner alone. The front server reads files too, and may
                # ask for this one as soon as it is in its place. Django sets the mode only after that.
                os.chmod(file.name, self.file_permissions_mode)
                saved = super()._save(name, WrittenFile(file))
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        sync_folder(Path(self.path(saved)).parent)
        return saved


def sync_folder(folder):
    """Write the list of files of `folder` to the disk (fsync), so that it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
