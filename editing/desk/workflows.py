"""Querysets of the pages in a workflow: those that wait for a moderator, and those that need changes."""

from django.db.models import BigIntegerField, CharField, OuterRef, Subquery
from django.db.models.functions import Cast
from wagtail.models import WorkflowState, get_default_page_content_type


def page_workflows(status):
    """Return the WorkflowStates of pages that have `status`."""
    return WorkflowState.objects.filter(base_content_type=get_default_page_content_type(), status=status)


def page_keys(rows, name="object_id"):
    """Return the primary keys of pages, which `rows` have as text in the field `name`, as a queryset."""
    return rows.values_list(Cast(name, BigIntegerField()), flat=True)


def in_moderation():
    """Return the primary keys of the pages that wait for a moderator."""
    return page_keys(page_workflows(WorkflowState.STATUS_IN_PROGRESS))


def needing_changes():
    """Return the primary keys of the pages for which a moderator asked for changes."""
    return page_keys(page_workflows(WorkflowState.STATUS_NEEDS_CHANGES))


def time_of(states, name, key="object_id"):
    """Return the time `name` of the one of `states` that is about the page of an outer query.

    `key`: the field of `states` that has the primary key of the page as text.
    """
    return Subquery(states.filter(**{key: Cast(OuterRef("pk"), CharField())}).values(name)[:1])
