"""The lists of the desk (editing/desk/panel.py): functions that find the pages of each list for a user.

The functions describe_… return {primary key: what is to know about the page} for the pages that are shown.
"""

from datetime import timedelta
from itertools import compress

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_user_display_name
from wagtail.models import Page, TaskState, WorkflowState, get_default_page_content_type

from caching.local_date import today
from editing.access.admin_access import editable_pages, visible_to
from editing.desk.schedule import format_schedule, goes_live_later, goes_live_or_off_later, with_schedule
from editing.desk.story_needs import MISSING
from editing.desk.workflows import in_moderation, needing_changes, page_keys, page_workflows, time_of
from publishing.pages import page_types
from safeguarding.releases import not_held
from stories.helplines import CHECK_AGAIN
from stories.models import StoryPage

SOON = timedelta(days=7)
LEFT_ALONE = timedelta(days=30)


def workflow_states(pages, status):
    """Return {primary key of a page: its WorkflowState with `status`} for `pages`. One query."""
    states = page_workflows(status).filter(object_id__in=[str(page.pk) for page in pages])
    states = states.select_related("requested_by", "current_task_state__finished_by")
    return {int(state.object_id): state for state in states}


# --- Moderation -----------------------------------------------------------------------------------


def find_waiting(user):
    """Return the pages that `user` is asked to moderate. The page that has waited longest comes first."""
    states = TaskState.objects.reviewable_by(user)
    states = states.filter(workflow_state__base_content_type=get_default_page_content_type())
    key = "workflow_state__object_id"
    # Every member of the groups of a task is asked, and every administrator, whatever pages they may see.
    pages = Page.objects.filter(visible_to(user), pk__in=page_keys(states, key))
    return pages.order_by(time_of(states, "started_at", key), "pk")


def describe_senders(pages):
    states = workflow_states(pages, WorkflowState.STATUS_IN_PROGRESS)
    # What the draft of a live page shows is not stored.
    drafts = Page.objects.filter(pk__in=states, live=False).annotate(not_held=not_held())
    known = dict(drafts.values_list("pk", "not_held"))
    texts = {
        True: _("Sent by %(name)s. Nothing about its people is missing."),
        False: _("Sent by %(name)s. It waits because of its people: open it to see for whom."),
    }
    return {
        pk: texts.get(known.get(pk), _("Sent by %(name)s"))
        % {"name": get_user_display_name(state.requested_by)}
        for pk, state in states.items()
        if state.requested_by
    }


def find_changes_asked(user):
    """Return the pages for which a moderator asked for changes. The latest request comes first."""
    pages = editable_pages(user).filter(pk__in=needing_changes())
    asked = time_of(page_workflows(WorkflowState.STATUS_NEEDS_CHANGES), "current_task_state__finished_at")
    return pages.order_by(asked.desc(nulls_last=True), "-pk")


def describe_comments(pages):
    states = workflow_states(pages, WorkflowState.STATUS_NEEDS_CHANGES)
    notes = {}
    for pk, state in states.items():
        task = state.current_task_state
        name = task and task.finished_by and get_user_display_name(task.finished_by)
        notes[pk] = ": ".join(filter(None, [name, task and task.comment]))
    return notes


# --- Time -----------------------------------------------------------------------------------------


def find_scheduled(user):
    """Return the pages that go live or off within a week. The one that does so next comes first."""
    pages = editable_pages(user).filter(goes_live_or_off_later(until=timezone.now() + SOON))
    return with_schedule(pages).order_by("next_change", "pk")


def describe_schedule(pages):
    # Annotated again: LongListMixin loads the pages that are shown anew, without what find_scheduled() added.
    pages = with_schedule(Page.objects.filter(pk__in=[page.pk for page in pages]))
    return {page.pk: format_schedule(page) for page in pages}


def find_old_drafts(user):
    """Return the drafts and changes that nobody has saved for a month, and that wait for nobody.

    The one that was saved first comes first.
    A page that was published once and taken back is no draft that somebody forgot.
    """
    is_draft = Q(live=False, last_published_at=None) | Q(live=True, has_unpublished_changes=True)
    pages = editable_pages(user).filter(is_draft, ~goes_live_later())
    pages = pages.filter(latest_revision_created_at__lt=timezone.now() - LEFT_ALONE)
    pages = pages.exclude(pk__in=in_moderation()).exclude(pk__in=needing_changes())
    return pages.order_by("latest_revision_created_at", "pk")


# --- What live pages lack -------------------------------------------------------------------------


def find_incomplete(user):
    """Return the live stories that lack alternative text, a theme, a country or an author.

    The one that was published last comes first.
    """
    lacks_something = Q()
    for _label, lacks in MISSING.values():
        lacks_something |= lacks()
    stories = StoryPage.objects.filter(lacks_something, live=True)
    pages = editable_pages(user).filter(pk__in=stories.values("pk"))
    return pages.order_by(F("last_published_at").desc(nulls_last=True), "-pk")


def describe_missing(pages):
    stories = StoryPage.objects.filter(pk__in=[page.pk for page in pages])
    labels = [str(label) for label, _lacks in MISSING.values()]
    rows = stories.values_list("pk", *(lacks() for _label, lacks in MISSING.values()))
    parts = {key: ", ".join(compress(labels, lacking)) for key, *lacking in rows}
    return {key: _("Lacks: %(parts)s") % {"parts": each} for key, each in parts.items()}


def find_unchecked(user):
    """Return the live pages with a helpline not checked for CHECK_AGAIN. The oldest check comes first."""
    checks = Coalesce(*(f"{model._meta.model_name}__helplines_checked_on" for model in page_types()))
    pages = editable_pages(user).filter(live=True).annotate(checked_on=checks)
    return pages.filter(checked_on__lt=today() - CHECK_AGAIN).order_by("checked_on", "pk")
