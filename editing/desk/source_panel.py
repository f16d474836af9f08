"""The side panel "Source" of the page editor: the texts that a story is a translation of, with what changed.

What changed since the translation was up to date is marked as in Wagtail's comparison of two versions. That
shows words that readers no longer see, so only users who may edit the source get it. Others get what is
public.
"""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry

from editing.desk.translation_report import FOLLOWS, MARKED, is_older, sources, visible_pages
from publishing.visibility import is_published

# The actions in the history of a page after which a version is live, or none.
PUBLISHED = [f"wagtail.{each}{by}" for each in ("publish", "unpublish") for by in ("", ".scheduled")]
# The fields of a story that are translated. The panel shows each that has a text or changed.
TEXTS = ["title", "lead_image_alt", "summary", "body", "seo_title", "search_description"]


def find_source(page, user):
    """Return the source of `page`, a Page, or None if there is none that is public or that `user` may edit.

    Attributes: `translation`, the page with FOLLOWS as `follows`, and `is_newer`, whether it changed since.
    """
    found = sources().filter(translation_key=page.translation_key, pk__in=visible_pages(user).values("pk"))
    source = found.exclude(pk=page.pk).first()
    if source and (source.permissions_for_user(user).can_edit() or is_published(source)):
        translation = Page.objects.annotate(follows=FOLLOWS).get(pk=page.pk)
        source.translation, source.is_newer = translation, is_older(translation, source)
        return source
    return None


def version_at(source, moment):
    """Return the version of `source` that was live at `moment`, or else saved last until then, or None."""
    # The entries about unpublishing have no revision.
    entries = PageLogEntry.objects.filter(page=source.pk, action__in=PUBLISHED, timestamp__lte=moment)
    published = entries.order_by("-timestamp", "-pk").values_list("revision", flat=True).first()
    versions = source.revisions.filter(created_at__lte=moment).order_by("-created_at", "-pk")
    return versions.filter(pk=published).first() or versions.first()


def compare_texts(source, version, request):
    """Return Wagtail's comparisons of the texts of `source` in `version`, or None, with those of now."""
    now = source if source.live else source.get_latest_revision_as_object()
    panel = source.get_edit_handler().get_bound_panel(instance=source, request=request, form=None)
    found = [make(version.as_object() if version else now, now) for make in panel.get_comparison()]
    return [each for each in found if each.field.name in TEXTS and (each.val_a or each.val_b)]


class SourcePanel(BaseSidePanel):
    """The side panel. Its `object` is what find_source() returned."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Toggle source of this translation")
        icon_name = "globe"

    name = "source"
    title = _("Source of this translation")
    template_name = "editing/source_panel.html"

    def get_context_data(self, parent_context):
        source = self.object
        may_edit = source.permissions_for_user(self.request.user).can_edit()
        version = version_at(source, source.translation.follows) if source.is_newer and may_edit else None
        return super().get_context_data(parent_context) | {
            "may_edit": may_edit,
            "last": str(source.last_published_at),
            "version": version,
            "comparisons": compare_texts(source, version, self.request),
            "csrf_token": parent_context["csrf_token"],
        }


class SourcePanelMixin:
    """For the page editor: adds the side panel to translations of stories, and says which ones are older."""

    def get_side_panels(self):
        panels = super().get_side_panels()
        # A save does not change it, so it is not rendered again.
        if not self.expects_json_response and (source := find_source(self.page, self.request.user)):
            panels.insert(1, SourcePanel(source, self.request))
            if source.is_newer:
                messages.info(self.request, _("The source changed. Open “Source of this translation”."))
        return panels


@require_POST
def mark_as_up_to_date(request, page_id):
    """View that notes that a translation says what its source says now.

    Raises PermissionDenied unless the user may edit the translation and see the source. If the source was
    published since the user opened it ("last"), nothing is noted.
    """
    page = get_object_or_404(Page, pk=page_id)
    source = find_source(page, request.user)
    if not source or not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if request.POST.get("last") == str(source.last_published_at):
        log(page, MARKED, user=request.user)
        messages.success(request, _("This translation is marked as up to date."))
    else:
        messages.error(request, _("The source changed again. Read what is marked now first."))
    return redirect("wagtailadmin_pages:edit", page.pk)
