"""The block tag around the whole base template that makes text-only versions."""

from django import template
from django.utils.safestring import mark_safe

from site_project.text_only import is_text_only, make_text_only

register = template.Library()


@register.simple_block_tag(takes_context=True)
def text_only(context, content):
    """Return the document between the tags, or its text-only version if the request is for that."""
    request = context["request"]
    if is_text_only(request):
        return mark_safe(make_text_only(content))  # noqa: S308 - made from the escaped page
    return content
