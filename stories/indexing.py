"""Updates the search index and the reference index of a page once, after all of it is saved.

By default, Wagtail updates the search index when the fields of a page are stored, before its rows, such as
its countries: the index would have the former ones. It updates the reference index then too, and again with
each row. It also updates both when only a version is saved, although they have nothing of it.
"""

from contextlib import contextmanager, nullcontext

from django.apps import apps
from wagtail.models import COMMENTS_RELATION_NAME

# What Wagtail saves of a page with a version. Neither index has these fields. A new comment, which the
# reference index has, is saved before.
OF_VERSIONS = {
    *("latest_revision", "latest_revision_created_at", "draft_title", "has_unpublished_changes"),
    COMMENTS_RELATION_NAME,
}


# The functions import when they are called, because the models of Wagtail have to be loaded first.


@contextmanager
def indexes_left_alone():
    """Context manager in which pages update neither index. Nothing updates the reference index."""
    from wagtail.signal_handlers import disable_reference_index_auto_update

    # Wagtail's context manager can't be nested.
    with nullcontext() if are_left_alone() else disable_reference_index_auto_update():
        yield


def are_left_alone():
    from wagtail.signal_handlers import reference_index_auto_update_disabled

    return getattr(reference_index_auto_update_disabled, "value", False)


def update_indexes(page, fields=None):
    """Update the indexes after `page` was saved, unless a caller does it. `fields`: only these were saved.

    A migration has models of its own, and updates no index.
    """
    from modelsearch.signal_handlers import post_save_signal_handler
    from wagtail.signal_handlers import update_reference_index_on_save

    if are_left_alone() or page._meta.apps is not apps or OF_VERSIONS.issuperset(fields or ["all"]):
        return
    post_save_signal_handler(page)
    update_reference_index_on_save(page)
