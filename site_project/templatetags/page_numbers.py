"""A template filter for the numbers of the pages of a list."""

from django import template

register = template.Library()


@register.filter
def page_numbers(page):
    """Return the numbers to link to on `page`, of a paginator, with an ellipsis where some are left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
