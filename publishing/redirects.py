"""Redirects from old addresses, which work only while the page that they lead to is public."""

from urllib.parse import urlsplit

from django.http import HttpResponsePermanentRedirect, HttpResponseRedirect
from django.utils.cache import patch_cache_control
from wagtail.contrib.redirects import middleware
from wagtail.contrib.redirects.models import Redirect

from publishing.visibility import published_pages


class RedirectMiddleware(middleware.RedirectMiddleware):
    """Wagtail's middleware, without redirects to hidden pages.

    Wagtail makes a redirect whenever a live page is renamed or moved, and keeps it when the page is
    withdrawn: the old address would still tell the new one. A redirect to a typed address stays as it is.
    """

    def process_response(self, request, response):
        """Return a redirect in the place of a 404, or the 404 itself."""
        if response.status_code != 404:
            return response
        redirect = find_redirect(request)
        if redirect is None or not is_usable(redirect):
            return response
        kind = HttpResponsePermanentRedirect if redirect.is_permanent else HttpResponseRedirect
        answer = kind(redirect.link)
        # Browsers would keep a permanent redirect for years, and go on to a page that was withdrawn.
        patch_cache_control(answer, no_store=True)
        return answer


def find_redirect(request):
    """Return the Redirect for the address of `request`, with its query string or else without; or None."""
    path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
    redirect = middleware.get_redirect(request, path)
    without_query = urlsplit(path).path
    if redirect is None and without_query != path:
        redirect = middleware.get_redirect(request, without_query)
    return redirect


def is_usable(redirect):
    """Return whether `redirect` leads to a public page with an address, or to an address that was typed."""
    if redirect.redirect_page_id is None:
        return bool(redirect.redirect_link)
    page = published_pages().filter(pk=redirect.redirect_page_id).first()
    return page is not None and page.url is not None
