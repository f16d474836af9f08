"""A template filter for parts of pages that only users who are signed in may see."""

from django import template

from media import access

register = template.Library()


@register.filter
def has_session(request):
    """Return whether `request` has a session cookie. The session is not loaded, so this needs no query."""
    return access.has_session_cookie(request)
