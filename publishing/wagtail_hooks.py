"""Refuses withdrawn pages, and tells the page cache which pages are public."""

from django.http import Http404
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages

from caching.cacheable import begin_cacheable
from publishing.visibility import is_below_withdrawn, is_withdrawn


@hooks.register("before_serve_page", order=100)
def refuse_withdrawn_page(page, *_arguments):
    """Raise Http404 for a page that is not released, or below one that is not live, and for its aliases.

    Wagtail looks only at the page itself. Its own hook, which asks for the login, runs before.
    """
    if is_withdrawn(page):
        raise Http404


@hooks.register("after_publish_page")
def warn_of_withdrawn_page_above(request, page):
    """Tell the user who published `page` that readers don't see it, which Wagtail's message contradicts."""
    if is_below_withdrawn(page.get_parent()):
        messages.warning(request, _("Readers don't see this page yet: a page above it is not published."))


@hooks.register("before_serve_page", order=1000)
def begin_cacheable_page(page, request, *_arguments):
    """Tell the page cache that `page` is public, and which query parameters its type reads.

    Hooks that refuse a private page have a lower order, and run before.
    """
    parameters = getattr(page, "cacheable_parameters", None)
    return None if parameters is None else begin_cacheable(request, parameters)
