"""The admin's views of pages that differ from Wagtail's. SitePageViewSet, at the end, lists them."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.pages import copy, create, listing, search
from wagtail.admin.views.pages.ordering import SetPagePositionView
from wagtail.admin.views.pages.revisions import RevisionsRevertView, RevisionsUnscheduleView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page

from editing.desk.source_panel import SourcePanelMixin
from editing.moderation import hiding
from editing.moderation.history import CompareView, HistoryView
from editing.moderation.messages import DecidingActionView, DecidingEditView, SentPageMixin
from editing.people.people_panel import PeoplePanelMixin
from publishing.aliases import REFUSED
from publishing.trash import is_in_trash
from publishing.visibility import is_known_held, is_known_hidden


class CopyView(copy.CopyView):
    """Wagtail's view that copies a page, without aliases and without its method `post`.

    That method looks up the new parent before the form is validated, and fails if there is no such page.
    """

    post = FormView.post

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        if "alias" in form.fields:  # of a user who may publish
            form.fields["alias"].disabled = True
            form.fields["alias"].help_text = REFUSED
        return form


def is_seen(page):
    """Return whether readers see `page` if it is live."""
    return not is_known_hidden(page) and not is_known_held(page)


class ExplorerView(listing.ExplorableIndexView):
    """Wagtail's explorer.

    If readers don't see the page, it says that it is hidden or held, and leaves out the badge “Live”. While
    the pages are sorted, it says how to end that.
    """

    def get_context_data(self, **kwargs):
        if not self.results_only:
            hiding.say_that_it_is_hidden(self.request, self.parent_page)
            if self.ordering == "ord" and self.permissions.can_reorder_children():
                text = _(
                    "Drag the rows, or move them with the arrow keys and Enter. Each move is saved at once."
                )
                done = messages.button(self.index_url, _("Done sorting"))
                messages.info(self.request, text, buttons=[done])
        page = self.parent_page if is_seen(self.parent_page) else None
        # Our page_listing_header.html reads it.
        return super().get_context_data(**kwargs) | {"page_for_status": page}


class SeenPagesBadgeMixin:
    """For views with the badge “Live” in their header: leave it out if readers don't see the page."""

    def get_page_for_status(self):
        page = super().get_page_for_status()
        return page if is_seen(page) else None


class EditorView(SeenPagesBadgeMixin, SourcePanelMixin, DecidingEditView):
    """The page editor, with “Hide now” or “Show again” in its header."""

    @cached_property
    def header_buttons(self):
        return [*super().header_buttons, *hiding.header_buttons(self.page, self.request.user)]


class RevertView(SentPageMixin, SeenPagesBadgeMixin, RevisionsRevertView):
    """The page editor for an earlier version.

    It has no panel about people: that is about the last saved version.
    """


class NewPageView(SentPageMixin, PeoplePanelMixin, create.CreateView):
    """The page editor for a new page.

    The panel about people has to be there from the start. The first autosave doesn't load the page again: it
    fills the panels that are there, and adds none.
    """


class PositionView(SetPagePositionView):
    """Wagtail's view that moves a page to a place among its siblings, counted without the trash.

    Wagtail counts the siblings in the trash too, which the explorer doesn't show.
    """

    def post(self, request, page_to_move_id):
        page = get_object_or_404(Page, pk=page_to_move_id)
        siblings = page.get_parent().get_children()
        shown = [place for place, sibling in enumerate(siblings) if not is_in_trash(sibling)]
        query = request.GET.copy()
        try:
            query["position"] = shown[int(query["position"])]
        except (LookupError, ValueError):  # The page becomes the last one, as in Wagtail's view.
            query.pop("position", None)
        request.GET = query
        return super().post(request, page_to_move_id)


class SearchView(search.SearchView):
    """Wagtail's search for pages. Its line "1-1 of 1 None" says "page" in the place of "None"."""

    verbose_name = Page._meta.verbose_name
    verbose_name_plural = Page._meta.verbose_name_plural


def forget_schedule(page):
    """Remove a time in the future at which `page` goes live, from the page and from its draft.

    While the draft has such a time, the editor can only schedule the page again, and not publish it at once.
    """
    now = timezone.now()
    Page.objects.filter(pk=page.pk, go_live_at__gt=now).update(go_live_at=None)
    revision = page.get_latest_revision()
    go_live_at = revision and revision.as_object().go_live_at
    if go_live_at and go_live_at > now:
        revision.content["go_live_at"] = None
        revision.save(update_fields=["content"])


class UnscheduleView(RevisionsUnscheduleView):
    """Wagtail's view that cancels a schedule. Wagtail's leaves the time in the draft and in the page."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        # The address may name a version that is not the scheduled one. The schedule then stays.
        if not self.object.approved_schedule:
            forget_schedule(self.object)
        return response


class SitePageViewSet(PageViewSet):
    """The views of all page types."""

    add_view_class = NewPageView
    copy_view_class = CopyView
    edit_view_class = EditorView
    history_view_class = HistoryView
    index_view_class = ExplorerView
    revisions_compare_view_class = CompareView
    revisions_revert_view_class = RevertView
    revisions_unschedule_view_class = UnscheduleView
    search_view_class = SearchView
    set_page_position_view_class = PositionView
    workflow_action_view_class = DecidingActionView
