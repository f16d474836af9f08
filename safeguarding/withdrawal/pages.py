"""Registers the Places in Wagtail's own tables: pages, their versions, comments, redirects, and logs.

A Place is a kind of row in which a withdrawal looks for something about the person, to erase it: see
safeguarding/withdrawal/places.py.
"""

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.actions.delete_page import DeletePageAction
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Comment, ModelLogEntry, Page, PageLogEntry, Revision, TaskState

from safeguarding.leak_check import sources
from safeguarding.withdrawal.addresses import decoded
from safeguarding.withdrawal.places import Found, Place, register_place


def revisions_of(pages):
    """Return the revisions of `pages`, primary keys."""
    return Revision.page_revisions.filter(object_id__in=[str(key) for key in pages])


def delete_versions(revisions):
    """Delete `revisions`, versions of pages that stay.

    Comments and the moderation of a version would be deleted with it. So they are for the latest version from
    now on.
    """
    for revision in revisions:
        page = Page.objects.filter(pk=revision.object_id)
        if latest := page.values_list("latest_revision", flat=True).first():
            revision.created_comments.update(revision_created=latest)
            TaskState.objects.filter(revision=revision).update(revision=latest)
        Revision.objects.filter(pk=revision.pk).delete()


class Pages(Place):
    """The pages that are erased. Rows that depend on a page, such as its versions, are deleted with it."""

    # Before Logs (100), which also overwrites the entries about the deletion.
    name, label, order = "pages", gettext_lazy("Pages that are erased"), 50

    def find(self, case):
        erased = case.erased.items()
        return [Found(str(key), f"{describe(page)}: {describe_rows(page)}") for key, page in erased]

    def erase(self, case, keys):
        for key in case.erased:
            if current := Page.objects.filter(pk=key).first():
                delete_page(current)
        # An editor can store a version while the page is deleted.
        revisions_of(case.erased).delete()


def delete_page(page):
    """Delete `page` for good."""
    # Not execute(): editing/moderation/page_actions.py replaces it by a function that can put the page into
    # the trash.
    DeletePageAction(page.specific)._delete_page(page.specific)


class HeldPages(Place):
    """The pages that are held. Each gets the task "purge".

    It waits until the page is published without the person.
    """

    name = "held"
    label = gettext_lazy("Pages that are held until they are published without it")

    def find(self, case):
        return [Found(str(key), describe(page)) for key, page in case.held.items()]

    def erase(self, case, keys):
        for key in case.held:
            case.add_task("purge", page=key)


def describe(page):
    """Return the line of the list for `page`: its title, language, and whether it is public."""
    kinds = [page.locale.get_display_name()]
    if not page.live:
        kinds.append(_("not public"))
    return f"{page.get_admin_display_title()} ({', '.join(map(str, kinds))})"


def describe_rows(page):
    """Return how many versions and comments are deleted with `page`."""
    return _("versions: %(versions)s, of these scheduled: %(scheduled)s, comments: %(comments)s") % {
        "versions": page.revisions.count(),
        "scheduled": page.revisions.exclude(approved_go_live_at=None).count(),
        "comments": Comment.objects.filter(page=page.pk).count(),
    }


class Redirects(Place):
    """The redirects from and to the addresses of the pages that are erased."""

    # Before the TextPlace of redirects, which skips what this one found.
    name, label, order = "redirects", gettext_lazy("Redirects"), 10

    def find(self, case):
        paths = {path.strip("/") for path in case.paths}
        rows = [
            row
            for row in Redirect.objects.order_by("pk")
            if row.redirect_page_id in case.erased
            or decoded(row.old_path).strip("/") in paths
            or (row.redirect_link and decoded(row.redirect_link).strip("/") in paths)
        ]
        case.logged |= {(Redirect, row.pk) for row in rows}
        return [Found(str(row.pk), row.old_path) for row in rows]

    def erase(self, case, keys):
        Redirect.objects.filter(pk__in=keys).delete()


class Logs(Place):
    """The log entries about what is erased. Their label becomes the code, and their data is deleted."""

    # After all Places that add to `case.logged` what they found.
    name, label, order = "logs", gettext_lazy("Entries in logs, overwritten with the code"), 100

    def find(self, case):
        return [
            Found(f"{type(entry).__name__}{entry.pk}", describe_entry(entry))
            for entries in self.entries(case)
            for entry in entries
        ]

    def entries(self, case):
        """Return two querysets of log entries, of pages and of other objects."""
        return [
            PageLogEntry.objects.filter(is_about_page(case)),
            ModelLogEntry.objects.filter(is_about_other(case)),
        ]

    def erase(self, case, keys):
        for entries in self.entries(case):
            overwrite(entries, case)


def is_about_page(case):
    """Return a Q for log entries about the erased pages of `case`."""
    return Q(page__in=list(case.erased))


def is_about_other(case):
    """Return a Q for log entries about other erased objects of `case`."""
    condition = Q(pk__in=[])
    for model, key in case.logged:
        content_type = ContentType.objects.get_for_model(model, for_concrete_model=False)
        condition |= Q(content_type=content_type, object_id=str(key))
    return condition


def is_moderation_of(case):
    """Return a Q for the TaskStates of the erased pages of `case`."""
    return Q(workflow_state__object_id__in=[str(key) for key in case.erased])


def describe_entry(entry):
    """Return the line of the list for `entry`, a log entry."""
    return f"{entry.label} · {entry.action} · {entry.timestamp.date()}"


def overwrite(entries, owner):
    """Replace the label of `entries`, a queryset, by the code of `owner`, a Case, Withdrawal or Contributor.

    Their data is deleted. Wagtail's formatters of log entries, and those of this site, do without data.
    """
    entries.update(label=owner.code, data={})


def overwrite_pages(entries, owner):
    """Overwrite all log entries of the pages that `entries` are about.

    Single ones would tell an editor which of the titles that a draft had contains a protected word.
    """
    overwrite(PageLogEntry.objects.filter(page__in=list(entries.values_list("page", flat=True))), owner)


def register():
    """Register the places of this module."""
    register_place(Pages())
    register_place(HeldPages())
    register_place(Redirects())
    register_place(Logs())
    sources.register(Redirect, is_shown=True, erase=sources.delete_rows)
    sources.register(PageLogEntry, erase=overwrite_pages, skipped=is_about_page)
    sources.register(ModelLogEntry, erase=overwrite, skipped=is_about_other)
    sources.register(TaskState, skipped=is_moderation_of)
