"""The view that cancels the schedule of a page. It also removes the date from the draft."""

from django.utils import timezone
from wagtail.admin.views.pages.revisions import RevisionsUnscheduleView
from wagtail.models import Page


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
