"""The history of a page. It says what became of each version, and shows consecutive saves as one line.

A version is a Revision of Wagtail. All autosaves of one visit to the editor overwrite the same version.
"""

from collections import defaultdict
from itertools import pairwise

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy, ngettext
from wagtail.admin.templatetags.wagtailadmin_tags import user_display_name
from wagtail.admin.views.generic.history import ActionColumn
from wagtail.admin.views.pages.history import PageHistoryView
from wagtail.admin.views.pages.revisions import RevisionsCompareView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import PageLogEntry

from editing.moderation.old_versions import may_forget, old_versions

EVERY_SAVE = "every_save"  # The query parameter that shows each save on a line of its own.
# Actions in Wagtail's log.
SAVE, RENAME = "wagtail.edit", "wagtail.rename"
RESUBMIT = "wagtail.workflow.resume"
# {action in the log: what became of the version by it}.
MARKS = {
    "wagtail.workflow.start": gettext_lazy("Submitted"),
    RESUBMIT: gettext_lazy("Submitted"),
    "wagtail.workflow.reject": gettext_lazy("Changes requested"),
    "wagtail.workflow.approve": gettext_lazy("Approved"),
}


# --- Versions -------------------------------------------------------------------------------------


def log_entries(page):
    """Return the log entries that the history of `page` shows, the newest first."""
    entries = PageLogEntry.objects.filter(page=page.pk).latest_by_uuid_and_action()
    return entries.order_by("-timestamp", "-pk")


def marks_of_versions(page, entries):
    """Return {primary key of a revision: list of what became of it}, e.g. ["Submitted", "Live"].

    `entries`: the log entries of `page`, the newest first.
    """
    marks, latest = defaultdict(list), None
    for entry in reversed(entries):
        if entry.content_changed and entry.revision_id:
            latest = entry.revision_id
        if mark := MARKS.get(entry.action):
            # Wagtail's log entry of a resubmission has the version that was sent back, not the one that is
            # submitted. That is the latest one which was saved before.
            key = latest if entry.action == RESUBMIT else entry.revision_id
            if mark not in marks[key]:
                marks[key].append(mark)
    for key in page.revisions.exclude(approved_go_live_at=None).values_list("pk", flat=True):
        marks[key].append(gettext("Scheduled"))
    if page.live and page.live_revision_id:
        marks[page.live_revision_id].append(gettext("Live"))
    if page.latest_revision_id:
        marks[page.latest_revision_id].append(gettext("Current draft"))
    return marks


def version_name(revision, marks):
    """Return the name of a version for editors: when it was saved, by which user, and its `marks`."""
    when = date_format(timezone.localtime(revision.created_at), "DATETIME_FORMAT")
    names = {"when": when, "user": user_display_name(revision.user)}
    name = gettext("%(when)s by %(user)s") % names if names["user"] else when
    return f"{name} ({', '.join(map(str, marks))})" if marks else name


# --- The history ----------------------------------------------------------------------------------


def is_same_work(entry, older):
    """Return whether two consecutive log entries are saves by the same user on the same day."""
    days = [timezone.localdate(each.timestamp) for each in (entry, older)]
    are_saves = {entry.action, older.action} <= {SAVE, RENAME}
    return are_saves and entry.user_id == older.user_id and days[0] == days[1]


class Saves:
    """Decides which saves in the history of a page are folded into a later save, and not shown themselves.

    - `folded`: the primary keys of the log entries that are not shown.
    - `others`: {key of an entry that is shown: list of the saves that are folded into it, the newest first}.
    - `earlier`: {key of an entry that is shown: primary key of the version before its own, or None}.
    - `marks`: what became of each version.
    - `versions`: the primary keys of the versions that exist still.
    """

    def __init__(self, page):
        entries = list(log_entries(page))
        self.marks = marks_of_versions(page, entries)
        self.versions = set(page.revisions.values_list("pk", flat=True))
        self.folded, self.others = set(), {}
        work = entries[:1]
        for entry, older in pairwise(entries):
            if is_same_work(entry, older):
                work.append(older)
            else:
                self._fold(work)
                work = [older]
        self._fold(work)
        self.earlier = self._versions_before([each for each in entries if each.pk not in self.folded])

    def _fold(self, work):
        """Fold the entries of `work`, the newest first, into its newest save.

        When a version with a new title is published, Wagtail logs RENAME after its save. Both are about the
        same version, so RENAME is folded too. It is no save, so it is not counted.
        """
        saves = [entry for entry in work if entry.action == SAVE]
        if saves:
            shown, *others = saves
            self.folded |= {entry.pk for entry in work} - {shown.pk}
            self.others[shown.pk] = others

    def _versions_before(self, shown):
        """Return `earlier` for the entries `shown`, the newest first. Deleted versions are skipped."""
        found, before, version = {}, None, None
        for entry in reversed(shown):
            key = entry.revision_id
            # Several entries may be about the same version.
            if entry.content_changed and key in self.versions and key != version:
                before, version = version, key
            found[entry.pk] = before if key == version else version
        return found


class VersionColumn(ActionColumn):
    """Wagtail's column of what was done, with what became of each version.

    `saves`: the Saves of the page. `is_folded`: whether the list is without the saves that are folded.
    """

    def __init__(self, *args, saves, is_folded, **kwargs):
        super().__init__(*args, **kwargs)
        self.saves, self.is_folded = saves, is_folded

    def get_value(self, entry):
        message, others = super().get_value(entry), self.saves.others.get(entry.pk)
        if not (self.is_folded and others):
            return message
        since = time_format(timezone.localtime(others[-1].timestamp))
        text = ngettext(
            "%(message)s, with %(count)s earlier save since %(time)s",
            "%(message)s, with %(count)s earlier saves since %(time)s",
            len(others),
        )
        return text % {"message": message, "count": len(others), "time": since}

    def get_status(self, entry, parent_context):
        if entry.content_changed and (marks := self.saves.marks.get(entry.revision_id)):
            return ", ".join(map(str, marks))
        return None

    def get_actions(self, entry, parent_context):
        if entry.revision_id not in self.saves.versions:
            # The entry is about no version, or about a deleted one (editing/moderation/old_versions.py).
            return []
        if self.is_folded:
            entry.previous_revision_id = self.saves.earlier.get(entry.pk)
        return super().get_actions(entry, parent_context)


class HistoryView(PageHistoryView):
    """Wagtail's history of a page, in which saves in a row are one line."""

    @cached_property
    def is_folded(self):
        return EVERY_SAVE not in self.request.GET

    @cached_property
    def saves(self):
        return Saves(self.object)

    @cached_property
    def columns(self):
        first, *others = super().columns
        options = {"object": first.object, "url_names": first.url_names}
        options |= {"user_can_unschedule": first.user_can_unschedule, "label": first.label}
        column = VersionColumn("message", saves=self.saves, is_folded=self.is_folded, **options)
        return [column, *others]

    def get_base_queryset(self):
        entries = super().get_base_queryset()
        return entries.exclude(pk__in=self.saves.folded) if self.is_folded else entries

    @cached_property
    def header_buttons(self):
        buttons = []
        if self.saves.folded:
            label = gettext("Show every save") if self.is_folded else gettext("Fold saves into one line")
            query = f"?{EVERY_SAVE}=1" if self.is_folded else ""
            address = f"{self.get_history_url(self.object)}{query}"
            buttons.append(HeaderButton(label, address, icon_name="list-ul"))
        if may_forget(self.request.user, self.object) and old_versions(self.object).exists():
            address = reverse("forget_versions", args=[self.object.pk])
            buttons.append(HeaderButton(gettext("Forget old versions"), address, icon_name="bin"))
        return [*super().header_buttons, *buttons]


class CompareView(RevisionsCompareView):
    """Wagtail's comparison of two versions, with the names of both above it."""

    template_name = "editing/compare.html"

    def get_context_data(self, **kwargs):
        marks = marks_of_versions(self.object, list(log_entries(self.object)))
        names = {
            f"revision_{letter}_heading": self.name_of(key, marks)
            for letter, key in (("a", self.revision_id_a), ("b", self.revision_id_b))
        }
        return super().get_context_data(**kwargs) | names

    def name_of(self, key, marks):
        """Return the name of a version. `key`: as in the address, a primary key or one of three words."""
        revisions = self.object.revisions.select_related("user").order_by("created_at", "pk")
        if key == "live":
            key = self.object.live_revision_id
        words = {"earliest": revisions.first, "latest": revisions.last}
        revision = words[key]() if key in words else revisions.filter(pk=key).first()
        # A page that was published without a revision has only its row.
        return version_name(revision, marks.get(revision.pk, ())) if revision else gettext("Live")
