"""Template tags `navigation`, the menus of a page, and `help_page_in`, the help page in a language."""

from django import template

from home.navigation import build_navigation, find_home_page
from publishing.visibility import published_pages

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context):
    """Return the Navigation for the page in the context: {% navigation as nav %}."""
    return build_navigation(context["request"], context.get("page"), context.get("listing"))


@register.simple_tag(takes_context=True)
def help_page_in(context, language):
    """Return the public help page of the site in `language`, or None: {% help_page_in "fr" as page %}."""
    homes = find_home_page(context["request"]).get_translations(inclusive=True)
    keys = homes.filter(locale__language_code=language).values("help_page")
    return published_pages().filter(pk__in=keys).select_related("locale").first()
