"""When pages go live and expire: conditions and annotations for the desk and the list of all stories."""

from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, When
from django.db.models.functions import Cast, Coalesce, Least
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from wagtail.models import Revision

from editing.desk.workflows import page_keys


def scheduled_revisions():
    """Return the scheduled revisions of the page of an outer query, ordered by when they go live."""
    # Scheduled revisions are few, and the index of their column finds them without reading the others.
    return Revision.page_revisions.filter(
        approved_go_live_at__isnull=False, object_id=Cast(OuterRef("pk"), CharField())
    ).order_by("approved_go_live_at")


def goes_live_later():
    """Return the condition that a revision of a page is approved to go live at a later time."""
    return Exists(scheduled_revisions())


def goes_live_or_off_later(until=None):
    """Return the condition that a page goes live, or is live and expires, at a later time.

    `until`: the latest such time, or None for any.
    """
    scheduled = Revision.page_revisions.filter(approved_go_live_at__isnull=False)
    ending = Q(live=True, expire_at__gt=timezone.now())
    if until:
        scheduled, ending = scheduled.filter(approved_go_live_at__lte=until), ending & Q(expire_at__lte=until)
    return Q(pk__in=page_keys(scheduled)) | ending


def with_schedule(pages):
    """Annotate `pages` with `goes_live`, `goes_off`, and `next_change`, the earlier of the two.

    They are dates with a time, or None. A draft without an approved schedule has none.
    """
    goes_live = Subquery(scheduled_revisions().values("approved_go_live_at")[:1])
    will_end = Q(expire_at__gt=timezone.now()) & (Q(live=True) | Q(goes_live__isnull=False))
    pages = pages.annotate(goes_live=goes_live).annotate(goes_off=Case(When(will_end, then="expire_at")))
    # On SQLite, LEAST of a date and NULL is NULL.
    return pages.annotate(
        next_change=Least(Coalesce("goes_live", "goes_off"), Coalesce("goes_off", "goes_live"))
    )


def format_schedule(page):
    """Return when `page`, of `with_schedule`, goes live and off, as text; "" if it does neither."""
    parts = []
    for label, moment in ((_("Live"), page.goes_live), (_("Off"), page.goes_off)):
        if moment:
            shown = date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
            parts.append((moment, f"{label}: {shown}"))
    return "; ".join(text for _moment, text in sorted(parts))
