from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def identity_provider():
    """Return the name of the provider that people may sign in with; "" when there is none."""
    return settings.IDENTITY_PROVIDER.get("name", "")
