"""Refuses withdrawn pages, and marks requests for public pages, so that caching/page_cache.py caches them."""

from django.http import Http404
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages

from publishing.visibility import is_withdrawn


@hooks.register("before_serve_page", order=100)
def refuse_withdrawn_page(page, *_arguments):
    """Raise Http404 for a page below a page that is not live, and for its aliases.

    Wagtail looks only at the page itself. Its own hook, which asks for the login, runs before.
    """
    if is_withdrawn(page):
        raise Http404


@hooks.register("after_publish_page")
def warn_of_withdrawn_page_above(request, page):
    """Tell the user who published `page` that readers don't see it, which Wagtail's message contradicts."""
    if is_withdrawn(page.get_parent()):
        messages.warning(request, _("Readers don't see this page yet: a page above it is not published."))


@hooks.register("before_serve_page", order=1000)
def mark_as_public(page, request, *_arguments):
    """Set `request.is_public_page`. Hooks that refuse a private page have a lower order, and run before."""
    request.is_public_page = True
