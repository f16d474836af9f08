"""Marks requests for public pages, whose answers may be cached."""

from wagtail import hooks


@hooks.register("before_serve_page", order=1000)
def note_public_page(page, request, *_arguments):
    """Say that who asks may see the page: all hooks that refuse come before."""
    request.is_public_page = True
