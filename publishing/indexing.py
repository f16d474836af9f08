"""Updates the search index and the reference index of a page once, after all of it is saved.

By default, Wagtail updates the search index when the fields of a page are stored, before its rows, such as
its countries: the index would have the former ones. It updates the reference index then too, and again with
each row. It also updates both when only a version is saved, although they have nothing of it but comments.
"""

from contextlib import contextmanager, nullcontext

from django.apps import apps
from django.db import transaction
from modelsearch.tasks import insert_or_update_object_task
from wagtail.models import COMMENTS_RELATION_NAME
from wagtail.tasks import update_reference_index_task

# The fields of a page that Wagtail saves with a version. Of these, only the comments are in an index: the
# reference index. (A FilterField, such as latest_revision_created_at, is in no index of a database's search.)
OF_VERSIONS = {
    "latest_revision",
    "latest_revision_created_at",
    "draft_title",
    "has_unpublished_changes",
    COMMENTS_RELATION_NAME,
}


def references_left_alone():
    """Return a context manager in which no signal updates the reference index."""
    from wagtail import signal_handlers  # It can't be imported before the models of all apps are loaded.

    # Wagtail's context manager can't be nested.
    is_inside = getattr(signal_handlers.reference_index_auto_update_disabled, "value", False)
    return nullcontext() if is_inside else signal_handlers.disable_reference_index_auto_update()


@contextmanager
def indexed_after(page, fields):
    """Context manager that updates the indexes after its block, which saves `page`, in one transaction.

    A page is thus never stored without its references, which say what is public. `fields`: only these are
    saved; None means all.
    """
    with transaction.atomic():
        with references_left_alone():
            yield
        update_indexes(page, fields)


def update_indexes(page, fields):
    """Update the indexes of `page`.

    A page that is saved while another one is being saved is updated too. A migration has models of its own,
    and updates no index.
    """
    if page._meta.apps is not apps:
        return
    key = (page._meta.app_label, page._meta.model_name, str(page.pk))
    is_version = bool(fields) and OF_VERSIONS.issuperset(fields)
    if not is_version:
        insert_or_update_object_task.enqueue(*key)
    if not is_version or getattr(page, COMMENTS_RELATION_NAME).exists():
        update_reference_index_task.enqueue(*key)
