"""Template tag `first_screen_style`: the style of the first screen, as an element."""

from django import template
from django.utils.safestring import mark_safe

from site_project import styles

register = template.Library()


@register.simple_tag
def first_screen_style(kind="other"):
    return mark_safe(f"<style>{styles.first_screen_style(kind)}</style>")  # noqa: S308 - a file of this project
