"""Template filter `may_show`, for objects that may be hidden from the user of the admin."""

from django import template

from editing import hidden_choices

register = template.Library()


@register.filter
def may_show(instance):
    """Return whether the admin may show `instance` to the user of this request."""
    return hidden_choices.may_show(type(instance), instance.pk)
