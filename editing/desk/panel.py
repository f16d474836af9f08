"""The desk: lists on the first page of the admin of what needs its user, each counted and linked.

Each list is a DeskList in LISTS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Window
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component

from editing.desk import dead_links, lists
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
