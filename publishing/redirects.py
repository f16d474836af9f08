"""Middleware for redirects from old URLs, which work only while their target page is public.

Another app can answer a 404 with the hook "answer_not_found": a function that takes the request, and returns
a response or None. It is asked if no redirect leads anywhere.
"""

from urllib.parse import urlsplit

from django.http import HttpResponsePermanentRedirect, HttpResponseRedirect
from django.utils.cache import patch_cache_control
from wagtail import hooks
from wagtail.contrib.redirects import middleware
from wagtail.contrib.redirects.models import Redirect

from publishing.visibility import published_pages


class RedirectMiddleware(middleware.RedirectMiddleware):
    """Wagtail's middleware, without redirects to hidden pages, and with the hook.

    Wagtail makes a redirect whenever a live page is renamed or moved, and keeps it when the page is
    unpublished. The old URL would then reveal the new one. Redirects to an address that somebody typed
    always work.
    """

    def process_response(self, request, response):
        """Return another response instead of a 404, if there is one. Return all other responses unchanged."""
        if response.status_code != 404:
            return response
        redirect = find_redirect(request)
        if redirect is None or not is_usable(redirect):
            found = (answer(request) for answer in hooks.get_hooks("answer_not_found"))
            return next(filter(None, found), response)
        response_class = HttpResponsePermanentRedirect if redirect.is_permanent else HttpResponseRedirect
        redirect_response = response_class(redirect.link)
        # Browsers can cache a permanent redirect for years, and would reveal the URL of a withdrawn page.
        patch_cache_control(redirect_response, no_store=True)
        return redirect_response


def find_redirect(request):
    """Return the Redirect for the URL of `request`, with or without its query string, or None."""
    path = Redirect.normalise_path(request.get_full_path(), decode_unicode=False)
    redirect = middleware.get_redirect(request, path)
    without_query = urlsplit(path).path
    if redirect is None and without_query != path:
        redirect = middleware.get_redirect(request, without_query)
    return redirect


def is_usable(redirect):
    """Return whether `redirect` leads to a public page with a URL, or to an address that was typed.

    Wagtail also makes one when a draft is renamed or moved. That address was never public, and can be a name.
    """
    if redirect.redirect_page_id is None:
        return bool(redirect.redirect_link)
    page = published_pages().filter(pk=redirect.redirect_page_id).first()
    if page is None or page.url is None:
        return False
    published, made = page.first_published_at, redirect.automatically_created and redirect.created_at
    return not (published and made and made < published)
