"""Finds out whether a user wrote a version of a page, which only somebody else may decide about."""

from wagtail.models import Revision


def has_written(user, revision, digest):
    """Return whether `user`, a primary key or None, wrote the content of `revision`, a version of a page.

    Others can save the same content again, for example when they publish it. So all versions of the page that
    `user` saved count. `digest`: the hash of the content.
    """
    if user is None:
        return False
    if revision.user_id == user:
        return True
    saved = Revision.objects.filter(
        base_content_type=revision.base_content_type_id, object_id=revision.object_id, user=user
    )
    return any(each.as_object().people_digest == digest for each in saved.iterator())
