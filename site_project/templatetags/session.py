"""A template filter for parts of pages that only users who are signed in may see."""

from django import template

from media.access import has_session_cookie

register = template.Library()

# It does not load the session, so it needs no query.
register.filter("has_session", has_session_cookie)
