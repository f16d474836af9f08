from django import template

from stories.blocks import heading_id as id_of

register = template.Library()


@register.simple_tag
def heading_id(block_id):
    """Return the address of a heading in its page."""
    return id_of(block_id) or ""
