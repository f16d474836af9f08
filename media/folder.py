"""The folder of pictures and documents: a file is there whole, also after a power cut, or it is not there."""

import os
import tempfile
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

UNFINISHED = ".unfinished-"


class Written(File):
    """A file on the same disk, which Django moves to its place."""

    def temporary_file_path(self):
        return self.file.name


class FolderStorage(FileSystemStorage):
    """Writes beside the place of a file first: Django's own leaves half of it there when the disk is full."""

    def _save(self, name, content):
        os.makedirs(self.location, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=UNFINISHED, dir=self.location, delete=False) as file:
            try:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.chmod(file.name, self.file_permissions_mode or 0o644)
                saved = super()._save(name, Written(file))
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        keep(Path(self.path(saved)).parent)
        return saved


def keep(folder):
    """Have the disk keep the names in `folder`, also through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
