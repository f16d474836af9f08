"""Stores the files of pictures and documents together with their rows, and deletes the files they replace."""

from contextlib import contextmanager
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Page, ReferenceIndex


def force_update(instance, kwargs):
    """Make save(**kwargs) raise NotUpdated if the row of `instance` was deleted since it was loaded.

    Django would store it again. After a withdrawal, what it says of a person would be back.
    """
    if instance.pk and not instance._state.adding:
        kwargs.setdefault("force_update", True)


@contextmanager
def replaced_file(instance, lock_first=None):
    """Store the new file of `instance`, if it has one. The block saves the row. Then delete the old file.

    The block gets the name of the old file, or None. It is the one in the database, not the one that
    `instance` had when it was loaded: another process may have replaced it since.

    `lock_first`: function that is called before the row of `instance` is locked, to lock other rows.
    """
    if not instance.file or instance.file._committed:
        yield None
        return
    # Before the row is saved, because CleanFieldFile.save (media/fields.py) sets its size and hash.
    instance.file.save(instance.file.name, instance.file.file, save=False)
    with transaction.atomic():
        try:
            if lock_first and instance.pk:
                lock_first()
            # With `no_key`, PostgreSQL lets others insert rows that refer to it. SQLite can't lock a row: a
            # transaction locks the database (SQLITE_OPTIONS).
            rows = type(instance)._base_manager.filter(pk=instance.pk).select_for_update(no_key=True)
            old_name = rows.values_list("file", flat=True).first()
            yield old_name
        except BaseException:  # For example, a withdrawal has deleted the row meanwhile.
            instance.file.storage.delete(instance.file.name)
            raise
        if old_name:
            transaction.on_commit(partial(instance.file.storage.delete, old_name))


def pages_showing(instance):
    """Return the primary keys of the pages that show a picture or document, by Wagtail's reference index.

    Also those that show it as the picture of an author.
    """
    page_type, rows = ContentType.objects.get_for_model(Page), ReferenceIndex.get_references_to(instance)
    others = rows.exclude(base_content_type=page_type)
    for kind, key in others.values_list("base_content_type", "object_id"):
        rows |= ReferenceIndex.objects.filter(to_content_type=kind, to_object_id=key)
    rows = rows.filter(base_content_type=page_type)
    return sorted({int(key) for key in rows.values_list("object_id", flat=True)})
