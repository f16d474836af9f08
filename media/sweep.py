"""Deletes renditions that nobody gets any more, which is scheduled work of the night.

One is left when its picture gets another file or focal point, or is deleted, while the rendition is made.
media/access.py sends none of these.
"""

from contextlib import suppress
from datetime import timedelta
from itertools import batched

from django.utils import timezone

from media.models import Rendition

# In Wagtail's get_upload_to() of renditions.
FOLDER = "images"
# Files are stored before their rows.
NEW = timedelta(hours=1)


def sweep_renditions():
    """Delete the renditions that are not current, and the files of renditions that have no row."""
    rows = Rendition.objects.select_related("image").iterator()
    Rendition.objects.filter(pk__in=[each.pk for each in rows if not each.is_current]).delete()
    storage = Rendition._meta.get_field("file").storage
    with suppress(FileNotFoundError):  # There is no rendition yet.
        for names in batched(storage.listdir(FOLDER)[1], 500):
            paths = {f"{FOLDER}/{name}" for name in names}
            known = Rendition.objects.filter(file__in=paths).values_list("file", flat=True)
            for path in paths.difference(known):
                delete_old_file(storage, path)


def delete_old_file(storage, path):
    with suppress(FileNotFoundError):  # A request has deleted it since.
        if storage.get_modified_time(path) < timezone.now() - NEW:
            storage.delete(path)
