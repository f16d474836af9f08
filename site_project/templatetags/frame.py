"""Template tags and a filter for the frame around pages: its style, its text-only version, and its user."""

from django import template
from django.utils.safestring import mark_safe

from media.access import has_session_cookie
from site_project import styles
from site_project.text_only import is_text_only, make_text_only

register = template.Library()

# For parts that only users who are signed in may see. It does not load the session, so it needs no query.
register.filter("has_session", has_session_cookie)


@register.simple_tag
def first_screen_style(kind="other"):
    """Return the style of the first screen, as an element."""
    return mark_safe(f"<style>{styles.first_screen_style(kind)}</style>")  # noqa: S308 - a file of this project


@register.simple_block_tag(takes_context=True)
def text_only(context, content):
    """Return the document between the tags, or its text-only version if the request is for that."""
    request = context["request"]
    if is_text_only(request):
        return mark_safe(make_text_only(content))  # noqa: S308 - made from the escaped page
    return content
