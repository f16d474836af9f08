"""Asks for old addresses, as the tests of addresses that WordPress had do."""

from django.http import Http404, HttpResponse
from django.test import RequestFactory

from wordpress_import.addresses import OldAddressMiddleware

# The list to which the old addresses of lists lead, and its feed.
SECTION = "/stories/"
FEED = f"{SECTION}feed.rss"


def answer(url):
    """Return the response to `url`, of which no other part of the site knows anything.

    Only OldAddressMiddleware is asked. To make the page of a 404 would take most of the time of these tests.
    """

    def nothing_here(_request):
        return HttpResponse(status=404)

    try:
        return OldAddressMiddleware(nothing_here)(RequestFactory().get(url))
    except Http404:
        return nothing_here(None)


def statuses_of(urls):
    return {url: answer(url).status_code for url in urls}
