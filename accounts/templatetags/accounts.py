"""Template tag `identity_provider`, for the button that signs in with single sign-on."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def identity_provider():
    """Return the name of the identity provider, or "" if none is configured."""
    return settings.IDENTITY_PROVIDER.get("name", "")
