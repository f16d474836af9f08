from django import template

register = template.Library()


@register.filter
def web_address(address):
    """Return `address` when it leads to another website, else "": browsers run `javascript:` as a program."""
    return address if str(address).lower().startswith(("https://", "http://")) else ""
