"""Template filters about what the user of the admin may choose."""

from django import template

from editing.hidden_choices import may_show

register = template.Library()


@register.filter
def may_choose(instance):
    """Return whether the user of the request may choose `instance`."""
    return may_show(type(instance), instance.pk)
