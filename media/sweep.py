"""Deletes renditions and uploads that no row has any more. It is scheduled work of the night.

A file is left when the process ends, or the storage fails, between the change of a row and that of its file.
A rendition is also left when its picture gets another file or focal point, or is deleted, while the rendition
is made. media/access.py sends none of these.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import batched

from django.core.files.storage import default_storage
from django.utils import timezone
from wagtail.models import UploadedFile

from media.folder import UNFINISHED
from media.models import Rendition

# {folder: model of its files}. That of renditions is in Wagtail's get_upload_to(). Originals are left: they
# would be lost if an older database was tried with the same files.
FOLDERS = {"images": Rendition, UploadedFile._meta.get_field("file").upload_to: UploadedFile}
# Files are stored before their rows.
NEW = timedelta(hours=1)


def sweep_files():
    """Delete the renditions that are not current, files that have no row, and those that are unfinished."""
    rows = Rendition.objects.select_related("image").iterator()
    Rendition.objects.filter(pk__in=[each.pk for each in rows if not each.is_current]).delete()
    for folder, model in FOLDERS.items():
        for names in batched(list_files(folder), 500):
            paths = {f"{folder}/{name}" for name in names}
            known = model.objects.filter(file__in=paths).values_list("file", flat=True)
            delete_old(paths.difference(known))
    delete_old(name for name in list_files("") if name.startswith(UNFINISHED))


def list_files(folder, storage=default_storage):
    with suppress(FileNotFoundError):  # Nothing was stored there yet.
        return storage.listdir(folder)[1]
    return []


def delete_old(paths):
    for path in paths:
        with suppress(FileNotFoundError):  # A request has deleted it since.
            if default_storage.get_modified_time(path) < timezone.now() - NEW:
                default_storage.delete(path)
