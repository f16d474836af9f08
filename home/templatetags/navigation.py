"""Template tag `navigation`: the menus of a page."""

from django import template

from home.navigation import build_navigation

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context):
    """Return the Navigation for the page in the context: {% navigation as nav %}."""
    return build_navigation(context["request"], context.get("page"), context.get("listing"))
