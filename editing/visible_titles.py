"""Keeps pages and tags that are hidden from a user out of dashboard, history, reports and suggestions."""

import json
from types import SimpleNamespace

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.http import JsonResponse
from taggit.models import Tag, TaggedItem
from wagtail.admin import site_summary
from wagtail.admin.ui.tables.pages import PageTitleColumn, ParentPageColumn
from wagtail.admin.views import home, tags
from wagtail.admin.views.reports.locked_pages import LockedPagesView
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.log_actions import LogFormatter
from wagtail.models import Page

from editing.admin_access import pages_in_sections, visible_to
from editing.chosen_objects import choosable, current_check
from editing.hidden_choices import may_show
from editing.patches import patch
from publishing.trash import in_trash

# Actions whose message in the history has titles of other pages.
ACTIONS = [
    "wagtail.copy",
    "wagtail.copy_for_translation",
    "wagtail.move",
    "wagtail.reorder",
]
# Wagtail's methods, which `start` replaces.
LOCKED_PAGES = LockedPagesView.get_queryset
PARENT, TITLE_CELL = ParentPageColumn.get_value, PageTitleColumn.get_cell_context_data


# --- The dashboard and the report on locked pages -------------------------------------------------


class RecentEditsPanel(home.RecentEditsPanel):
    """The pages that the user edited last, without those that were moved to a hidden section since."""

    def get_context_data(self, parent_context):
        context = super().get_context_data(parent_context)
        user = context["request"].user
        visible = visible_keys([page for _date, page in context["last_edits"]], user)
        context["last_edits"] = [(date, page) for date, page in context["last_edits"] if page.pk in visible]
        return context


class UserObjectsInWorkflowPanel(home.UserObjectsInWorkflowModerationPanel):
    """Wagtail's panel of the pages that the user sent to moderators, without pages that are hidden now."""

    def get_context_data(self, parent_context):
        context = super().get_context_data(parent_context)
        user = context["request"].user
        # Objects that are not pages are in no section.
        pages = [each.content_object for each in context["workflow_states"]]
        pages = [page for page in pages if isinstance(page, Page)]
        hidden = {page.pk for page in pages} - visible_keys(pages, user)
        context["workflow_states"] = [
            each
            for each in context["workflow_states"]
            if not isinstance(each.content_object, Page) or each.content_object.pk not in hidden
        ]
        return context


class LockedPagesPanel(home.LockedPagesPanel):
    """The pages that the user locked, without those that were moved to a hidden section since."""

    def get_context_data(self, parent_context):
        context = super().get_context_data(parent_context)
        context["locked_pages"] = keep_visible(context["locked_pages"], context["request"].user)
        return context


PANELS = [UserObjectsInWorkflowPanel, RecentEditsPanel, LockedPagesPanel]


def keep_visible(pages, user):
    return pages.filter(visible_to(user))


def visible_keys(pages, user):
    """Return the primary keys of those of the list `pages` that `user` may see. One query."""
    visible = keep_visible(Page.objects.filter(pk__in=[page.pk for page in pages]), user)
    return set(visible.values_list("pk", flat=True))


def replace_panels(request, panels):
    """Hook: replace Wagtail's panels of the dashboard, and remove the one of the pages to moderate.

    The removed panel takes several queries for each page, and shows pages of hidden sections. The desk has a
    list of the same pages.
    """
    panels[:] = [panel for panel in panels if type(panel) is not home.WorkflowObjectsToModeratePanel]
    for number, panel in enumerate(panels):
        for ours in PANELS:
            if type(panel) is ours.__base__:  # the class of Wagtail that `ours` extends
                panels[number] = ours()


class PagesSummaryItem(site_summary.PagesSummaryItem):
    """The number of pages in the sections of the user. Wagtail's has other sections and the trash too."""

    def get_context_data(self, parent_context):
        own = pages_in_sections(self.request.user).filter(~in_trash(), depth__gt=1)  # without the root page
        return super().get_context_data(parent_context) | {"total_pages": own.count()}


def replace_summary_items(request, items):
    """Hook: replace Wagtail's number of pages."""
    items[:] = [
        PagesSummaryItem(request) if type(each) is site_summary.PagesSummaryItem else each for each in items
    ]


def get_locked_pages(self):
    """Replace LockedPagesView.get_queryset."""
    return keep_visible(LOCKED_PAGES(self), self.request.user)


# --- The columns of lists of pages ----------------------------------------------------------------


def get_parent(self, page):
    """Replace ParentPageColumn.get_value: leave out a hidden page above."""
    parent = PARENT(self, page)
    return parent if parent and may_show(Page, parent.pk) else None


def get_title_cell(self, page, parent_context):
    """Replace PageTitleColumn.get_cell_context_data: leave out a hidden page above, which searches show."""
    context = TITLE_CELL(self, page, parent_context)
    if context["parent_page"] and not may_show(Page, context["parent_page"].pk):
        context["parent_page"] = None
    return context


# --- The history ----------------------------------------------------------------------------------


class VisibleTitles(LogFormatter):
    """Formats a log entry as `formatter` does, or without titles if the user may not see a page in it."""

    def __init__(self, formatter):
        self.formatter, self.label = formatter, formatter.label

    def format_message(self, log_entry):
        named = [log_entry.data[key] for key in ("source", "destination") if log_entry.data.get(key)]
        check = current_check.get()  # outside of the admin there is none, and no user who may see titles
        if not (check and all(check.shows(Page, page["id"]) for page in named)):
            log_entry = SimpleNamespace(data={})  # Without data, the formatter names no page.
        return self.formatter.format_message(log_entry)

    def format_comment(self, log_entry):
        return self.formatter.format_comment(log_entry)


def replace_formatters(actions):
    """Hook "register_log_actions": wrap Wagtail's formatters of ACTIONS."""
    for name in ACTIONS:
        actions.formatters[name] = VisibleTitles(actions.formatters[name])


# --- Tags -----------------------------------------------------------------------------------------


def visible_tags(user):
    """Return the tags of the pictures and documents that `user` may choose."""
    if user.is_superuser:
        return Tag.objects.all()
    condition = Q()
    for model in (get_image_model(), get_document_model()):
        files = choosable(user, model).values("pk")
        condition |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=files)
    return Tag.objects.filter(pk__in=TaggedItem.objects.filter(condition).values("tag"))


def popular_tags(user, model):
    """Return the ten tags that `user` may see with the most instances of `model`. Wagtail shows ten too."""
    items = Q(taggit_taggeditem_items__content_type=ContentType.objects.get_for_model(model))
    return visible_tags(user).filter(items).annotate(uses=Count("pk")).order_by("-uses")[:10]


def autocomplete_tags(request, app_name=None, model_name=None):
    """Wagtail's view that suggests tags, here only those of files that the user may choose."""
    found = json.loads(tags.autocomplete(request, app_name, model_name).content)
    visible = set(visible_tags(request.user).filter(name__in=found).values_list("name", flat=True))
    return JsonResponse([name for name in found if name in visible], safe=False)


def start():
    """Patch Wagtail's report and columns."""
    patch(LockedPagesView, "get_queryset", get_locked_pages)
    patch(ParentPageColumn, "get_value", get_parent)
    patch(PageTitleColumn, "get_cell_context_data", get_title_cell)
