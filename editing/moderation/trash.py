"""The list of the pages in the trash, and the views that restore them or delete them for good.

All who may edit a page see it in the list and can restore it, as a draft. Deleting it sooner takes
the right to publish it.
"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column, DateColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton, ListingButton
from wagtail.models import Page, Site

from editing.access.admin_access import TRASH_POLICY, parse_key, trashed_pages
from publishing import trash
from publishing.models import TrashedPage
from safeguarding.wording import format_day


class TrashMenuItem(MenuItem):
    def is_shown(self, request):
        return TRASH_POLICY.user_has_permission(request.user, "change")


def menu_item():
    """Hook: offer the trash to everybody who may edit pages."""
    # Below Wagtail's items for content (100 to 500), and above its reports (9000).
    return TrashMenuItem(TrashView.page_title, reverse("trash"), name="trash", icon_name="bin", order=900)


class PageColumn(ButtonsColumnMixin, TitleColumn):
    """The title of a page in the trash, with buttons to restore it and to delete it for good."""

    def get_buttons(self, instance, parent_context):
        title = instance.page.draft_title
        buttons = [button(_("Restore"), "restore_page", instance, title, priority=10)]
        if instance.is_deletable:
            buttons.append(button(_("Delete for good"), "delete_page_for_good", instance, title, priority=20))
        return buttons


def button(label, url_name, row, title, priority):
    """Return a button for a TrashedPage, whose accessible name includes the title of its page.

    Wagtail puts buttons with the same `priority` in the order of the alphabet.
    """
    url = reverse(url_name, args=[row.pk])
    return ListingButton(label, url, priority=priority, attrs={"aria-label": f"{label}: {title}"})


def format_end(row):
    """Return the day on which the page of `row`, a TrashedPage, is deleted.

    Wagtail's DateColumn would show a day in the future as "just now".
    """
    return format_day(localtime(row.trashed_at + timedelta(days=trash.DAYS)))


class TrashView(ReportView):
    """Lists the pages in the trash that the user may restore, the newest first."""

    model = TrashedPage
    page_title = gettext_lazy("Trash")
    permission_policy, permission_required = TRASH_POLICY, "change"
    header_icon = "bin"
    no_results_message = gettext_lazy("The trash is empty.")
    default_ordering = "-trashed_at"
    index_url_name = "trash"
    index_results_url_name = "trash_results"
    columns = [
        PageColumn("page", label=gettext_lazy("Page"), accessor="page.draft_title"),
        Column(
            "below",
            label=gettext_lazy("Pages below"),
            accessor=lambda row: row.page.get_descendant_count() or "",
        ),
        Column("user", label=gettext_lazy("Deleted by")),
        DateColumn("trashed_at", label=gettext_lazy("Deleted"), sort_key="trashed_at"),
        Column("end", label=gettext_lazy("Gone for good"), accessor=format_end),
    ]

    def get_queryset(self):
        deletable = Exists(trashed_pages(self.request.user, "publish").filter(pk=OuterRef("pk")))
        self.queryset = trashed_pages(self.request.user, "change").annotate(is_deletable=deletable)
        return super().get_queryset()

    @cached_property
    def header_buttons(self):
        if not trashed_pages(self.request.user, "publish").exists():
            return []
        return [HeaderButton(_("Empty the trash"), reverse("empty_trash"), icon_name="bin")]


def restore_page(request, pk):
    """View that asks for confirmation and restores a page. A page that the user may not edit is a 404."""
    row = get_object_or_404(trashed_pages(request.user, "change"), pk=pk)
    title = row.page.get_admin_display_title()
    if request.method != "POST":
        return ask(request, "restore_page", title=_("Restore"), icon="rotate", subtitle=title)
    try:
        trash.restore(row, request.user)
    except trash.BelowTrashedPage:
        messages.error(request, _("A page above “%s” is in the trash. Restore that one first.") % title)
        return redirect("trash")
    messages.success(request, _("“%s” is restored as a draft.") % title)
    return redirect("wagtailadmin_explore", row.page.get_parent().pk)


def delete_page_for_good(request, pk):
    """View that asks for confirmation and deletes a page. A page that the user may not publish is a 404."""
    row = get_object_or_404(trashed_pages(request.user, "publish"), pk=pk)
    title = row.page.get_admin_display_title()
    if request.method == "POST":
        trash.delete_for_good(row, request.user)
        messages.success(request, _("“%s” is deleted for good.") % title)
        return redirect("trash")
    return ask(request, "delete_page_for_good", title=_("Delete for good"), icon="bin", subtitle=title)


def empty_trash(request):
    """View that asks for confirmation and deletes all pages in the trash that the user may publish.

    Pages that are moved to the trash after the question was shown stay there. To tell them apart, the form
    has the key of the newest row of the trash at that time.
    """
    found = trashed_pages(request.user, "publish").order_by("page__path")
    count = len(found)
    if not count:
        raise PermissionDenied
    last = parse_key(TrashedPage, request.POST.get("last", ""))
    if last is not None:
        for row in found.filter(pk__lte=last):
            trash.delete_if_there(row, request.user)
        messages.success(request, _("The trash is emptied."))
        return redirect("trash")
    text = ngettext(
        "%(count)d page, all pages below it and their versions are deleted. Nobody can restore them.",
        "%(count)d pages, all pages below them and their versions are deleted. Nobody can restore them.",
        count,
    )
    text, last = text % {"count": count}, max(row.pk for row in found)
    return ask(request, "empty_trash", title=_("Empty the trash"), icon="bin", text=text, last=last)


def ask(request, name, **context):
    """Return the page of the template `name`, which asks for confirmation. `context`: what it takes."""
    return TemplateResponse(request, f"editing/{name}.html", context | {"back": reverse("trash")})


def refuse_root_of_site(request, page):
    """Hook: refuse to delete the home page of a site, because the site and its settings would go with it."""
    if not Site.objects.filter(root_page__path__startswith=page.path).exists():
        return None
    messages.error(request, _("This is the home page of the site. It can't be deleted."))
    return redirect("wagtailadmin_explore", page.pk)


def refuse_roots_of_sites(request, action_type, objects, view):
    """Hook: the same for several pages at once."""
    if action_type != "delete" or view.model is not Page:
        return None
    return next(filter(None, (refuse_root_of_site(request, page) for page in objects)), None)


def say_where_it_is(request, *_arguments):
    """Hook: say that a page that was deleted is in the trash, and for how long."""
    text = _("It stays in the trash for %(days)d days, and can be restored there.") % {"days": trash.DAYS}
    messages.info(request, text, buttons=[messages.button(reverse("trash"), _("Trash"))])


def say_where_it_will_be(request, _page):
    """Hook: say the same where the admin asks whether to delete a page."""
    if request.method == "GET":
        say_where_it_is(request)


def say_where_they_are(request, action_type, _objects, view):
    """Hook: the same after several pages were deleted at once."""
    if action_type == "delete" and view.model is Page:
        say_where_it_is(request)
