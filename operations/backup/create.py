"""Creates a backup: first the database, then the files.

The site never overwrites a stored file: a changed picture gets a new name. So files that are copied later are
still those that the copied database refers to.
"""

from pathlib import Path

import django
import wagtail
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.utils import timezone

from operations.backup import BackupError, archive, files, postgresql, sqlite

DATABASE_MODULES = {"postgresql": postgresql, "sqlite": sqlite}


def create_backup(path, report):
    """Write the whole site into a new archive at `path`.

    `report` is called with a line of text for each step. Raises BackupError or OSError.
    """
    path = Path(path).resolve()
    if isinstance(default_storage, FileSystemStorage) and path.is_relative_to(settings.MEDIA_ROOT):
        raise BackupError(f"{path} is among the site's own files: a backup belongs elsewhere.")
    with archive.new_archive(path) as writer:
        writer.manifest |= {
            "made": timezone.now().isoformat(timespec="seconds"),
            "database": connection.vendor,
            "versions": {"django": django.__version__, "wagtail": wagtail.__version__},
        }
        DATABASE_MODULES[connection.vendor].save(writer, report)
        files.save(writer, report)
    size = path.stat().st_size
    report(f"Written: {path}, {size:,} bytes. It holds drafts and names: encrypt it before it travels.")
