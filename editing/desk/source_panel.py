"""The side panel "Source" of the page editor: the texts that a story is a translation of, with what changed.

What changed since the translation was up to date is marked as in Wagtail's comparison of two versions. That
shows words that readers no longer see, so only users who may edit or publish the source get it. Others get
what is public.
"""

from django.core.exceptions import PermissionDenied
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin import messages
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry

from editing.desk.translation_report import FOLLOWS, MARKED, is_older, sources, visible_pages

# The fields of a story that are translated. The panel shows each that has a text or changed.
TEXTS = ["title", "lead_image_alt", "summary", "body", "seo_title", "search_description"]


def find_source(page, user):
    """Return the source of `page`, a Page, or None if there is none that `user` may see."""
    found = sources().filter(translation_key=page.translation_key, pk__in=visible_pages(user).values("pk"))
    return found.exclude(pk=page.pk).first()


def version_at(source, moment):
    """Return the version of `source` that was published last until `moment`, or else saved last, or None."""
    entries = PageLogEntry.objects.filter(page=source.pk, action="wagtail.publish", timestamp__lte=moment)
    published = entries.order_by("-timestamp", "-pk").values_list("revision", flat=True).first()
    versions = source.revisions.filter(created_at__lte=moment).order_by("-created_at", "-pk")
    return versions.filter(pk=published).first() or versions.first()


def compare_texts(source, version, request):
    """Return Wagtail's comparisons of the texts of `source` in `version`, or None, with those of now."""
    now = source if source.live else source.get_latest_revision_as_object()
    panel = source.get_edit_handler().get_bound_panel(instance=source, request=request, form=None)
    found = [make(version.as_object() if version else now, now) for make in panel.get_comparison()]
    texts = [each for each in found if each.is_field and each.field.name in TEXTS]
    return [each for each in texts if each.val_a or each.val_b]


class SourcePanel(BaseSidePanel):
    """The side panel. `translation`: the page with FOLLOWS as `follows`."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = gettext_lazy("Toggle source of this translation")
        icon_name = "globe"
        has_counter = False

    name = "source"
    title = gettext_lazy("Source of this translation")
    template_name = "editing/source_panel.html"

    def __init__(self, page, request, source, translation):
        super().__init__(page, request)
        self.source, self.translation = source, translation

    def get_context_data(self, parent_context):
        permissions = self.source.permissions_for_user(self.request.user)
        may_compare = permissions.can_edit() or permissions.can_publish()
        older = is_older(self.translation, self.source)
        version = version_at(self.source, self.translation.follows) if older and may_compare else None
        return super().get_context_data(parent_context) | {
            "source": self.source,
            "language": self.source.locale.get_display_name(),
            "may_edit_source": permissions.can_edit(),
            "is_older": older,
            "last": str(self.source.last_published_at),
            "version": version,
            "comparisons": compare_texts(self.source, version, self.request),
            "csrf_token": get_token(self.request),
        }


class SourcePanelMixin:
    """For the page editor: adds the side panel to translations of stories, and says which ones are older."""

    @cached_property
    def source(self):
        return find_source(self.page, self.request.user)

    @cached_property
    def translation(self):
        return Page.objects.annotate(follows=FOLLOWS).get(pk=self.page.pk)

    def get(self, request, *args, **kwargs):
        if self.source and is_older(self.translation, self.source):
            words = {"language": self.source.locale.get_display_name(), "panel": SourcePanel.title}
            text = _(
                "The version in %(language)s changed since this was translated. Open “%(panel)s” at the side."
            )
            messages.info(request, text % words)
        return super().get(request, *args, **kwargs)

    def get_side_panels(self):
        panels = super().get_side_panels()
        # A save does not change it, so it is not rendered again.
        if not self.expects_json_response and self.source:
            panels.insert(1, SourcePanel(self.page, self.request, self.source, self.translation))
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
    return redirect(reverse("wagtailadmin_pages:edit", args=[page.pk]))


def register_actions(actions):
    """Hook "register_log_actions": register MARKED."""
    label, message = gettext_lazy("Mark as up to date"), gettext_lazy("Marked as up to date with its source")
    actions.register_action(MARKED, label, message)
