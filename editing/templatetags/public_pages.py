"""Template tags for mails about a page: its address if readers can open it, and when it goes live."""

from django import template
from wagtail.utils.timestamps import render_timestamp

from publishing.visibility import published_pages

register = template.Library()


@register.simple_tag
def public_address(page):
    """Return the full URL of `page`, or "" if it is not public now.

    The database is asked, because the state of the object `page` may be out of date.
    """
    public = published_pages().filter(pk=page.pk).first()
    return public.full_url if public else ""


@register.simple_tag
def scheduled_time(page):
    """Return the time at which `page` goes live, as text with its time zone; "" if it is not scheduled."""
    revision = page.scheduled_revision
    return render_timestamp(revision.approved_go_live_at) if revision else ""
