from django import template
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

register = template.Library()

CHOICE = '<li><a class="facet__choice" href="?{}"{}>{} <span class="facet__count">({})</span></a></li>\n'
CURRENT = {True: mark_safe(' aria-current="true"'), False: ""}


@register.simple_tag
def facet_choices(facet):
    """Write the choices of `facet` as items of a list: 200 countries would take a template too long."""
    rows = ((c.query, CURRENT[c.is_active], c.label, c.count) for c in facet.choices)
    return format_html_join("", CHOICE, rows)
