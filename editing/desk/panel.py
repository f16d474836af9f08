"""The desk: lists on the first page of the admin of what needs its user, each counted and linked.

Each list is a DeskList in LISTS. DeskListView shows one with all its pages.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Window
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.ui.tables.pages import PageStatusColumn, ParentPageColumn
from wagtail.admin.views.pages.listing import IndexView

from editing.desk import dead_links, lists
from editing.desk.long_lists import EditTitleColumn, LongListMixin
from search.models import MissedSearch

# The most pages, or searches, that the desk shows of a list. The link leads to all of them.
SHOWN = 5


@dataclass(frozen=True)
class DeskList:
    """One list of the desk.

    `key`: its name in the address. `heading`: its heading.
    `find`: a function that takes a user and returns the pages, an ordered queryset of Page without those that
    the user may not see.
    `describe`: a function that takes a list of these pages and returns {primary key: what is to know, as
    text}, with a fixed number of queries.
    """

    key: str
    heading: str
    find: Callable
    describe: Callable = lambda pages: {}

    def get_context(self, user):
        """Return the context of the list in the template. One query, and those of `describe`."""
        # Each row also has the number of all pages of the list, so no second query counts them.
        pages = list(self.find(user).annotate(of_all=Window(Count("pk")))[:SHOWN])
        notes = self.describe(pages)
        return {
            "key": self.key,
            "heading": self.heading,
            "count": pages[0].of_all if pages else 0,
            "url": reverse("desk_list", args=[self.key]),
            "rows": [(page, notes.get(page.pk, "")) for page in pages],
        }


LISTS = [
    DeskList("waiting", _("Waiting for you"), lists.find_waiting, lists.describe_senders),
    DeskList("changes", _("Changes asked"), lists.find_changes_asked, lists.describe_comments),
    DeskList("scheduled", _("Scheduled this week"), lists.find_scheduled, lists.describe_schedule),
    DeskList("drafts", _("Drafts left alone for a month"), lists.find_old_drafts),
    DeskList(
        "incomplete",
        _("Live stories that lack something"),
        lists.find_incomplete,
        lists.describe_missing,
    ),
    DeskList(
        "links",
        _("Links to pages that are gone or not public"),
        dead_links.find_dead_links,
        dead_links.describe_dead_links,
    ),
    DeskList("helplines", _("Helplines not checked for 180 days"), lists.find_unchecked),
]


class Desk(Component):
    name = "desk"
    template_name = "editing/desk.html"
    order = 60  # below the buttons of home/wagtail_hooks.py (50), and above Wagtail's panels (from 100)

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        context = {"lists": [each.get_context(user) for each in LISTS]}
        if user.has_perm("search.view_missedsearch"):
            searches = MissedSearch.objects.exclude(words="")
            context |= {"searches": searches[:SHOWN], "searches_count": searches.count()}
        return context


class DeskListView(LongListMixin, IndexView):
    """A table of all pages of the list with the `key` of the address, in the order of the list."""

    header_icon = "list-ul"
    template_name = "wagtailadmin/generic/index.html"
    filterset_class = None
    default_ordering = None
    paginate_by = 25  # fewer than Wagtail's 50, because each row takes time
    is_searchable = False

    def setup(self, request, *args, key, **kwargs):
        super().setup(request, *args, **kwargs)
        self.desk_list = next((each for each in LISTS if each.key == key), None)
        if not self.desk_list:
            raise Http404
        self.page_title = self.desk_list.heading
        self.notes = {}  # {primary key: text} of the pages that are shown; see get_context_data

    @cached_property
    def columns(self):
        return [
            EditTitleColumn("title", label=_("Title"), classname="title"),
            Column("note", label=_("Note"), accessor=lambda page: self.notes.get(page.pk, "")),
            ParentPageColumn("parent", label=_("Parent")),
            PageStatusColumn("status", label=_("Status")),
            DateColumn("latest_revision_created_at", label=_("Updated")),
        ]

    def get_base_queryset(self):
        return self.desk_list.find(self.request.user)

    def get_index_url(self):
        return reverse("desk_list", args=[self.desk_list.key])

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        self.notes = self.desk_list.describe(context["object_list"])
        return context
