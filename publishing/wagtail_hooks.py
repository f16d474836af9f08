"""Refuses withdrawn pages, and tells the page cache which pages are public."""

from django.http import Http404
from wagtail import hooks

from caching.cacheable import begin_cacheable
from publishing.visibility import is_withdrawn


@hooks.register("before_serve_page", order=100)
def refuse_withdrawn_page(page, *_arguments):
    """Raise Http404 for a page below a home page that is not live, and for its aliases.

    Wagtail looks only at the page itself. Its own hook, which asks for the login, runs before.
    """
    if is_withdrawn(page):
        raise Http404


@hooks.register("before_serve_page", order=1000)
def begin_cacheable_page(page, request, *_arguments):
    """Tell the page cache that `page` is public, and which query parameters its type reads.

    Hooks that refuse a private page have a lower order, and run before.
    """
    parameters = getattr(page, "cacheable_parameters", None)
    return None if parameters is None else begin_cacheable(request, parameters)
