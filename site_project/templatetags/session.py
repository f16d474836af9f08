from django import template

from media import access

register = template.Library()


@register.filter
def has_session(request):
    """Return whether `request` may come from somebody known, without looking who it is."""
    return bool(request) and access.has_session(request)
