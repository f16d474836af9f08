"""Marks requests for public pages, whose responses may be cached: caching/page_cache.py."""

from wagtail import hooks


@hooks.register("before_serve_page", order=1000)
def mark_as_public(page, request, *_arguments):
    """Set `request.is_public_page`. Hooks that refuse a private page have a lower order, and run before."""
    request.is_public_page = True
