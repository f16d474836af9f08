"""Asks for old addresses, as the tests of addresses that WordPress had do."""

from django.http import HttpResponse
from django.test import RequestFactory

from wordpress_import.addresses import find_old_address

# The list to which the old addresses of lists lead, and its feed.
SECTION = "/stories/"
FEED = f"{SECTION}feed.rss"


def answer(url):
    """Return the response to `url`, of which no other part of the site knows anything.

    Only the hook is asked. To make the page of a 404 would take most of the time of these tests.
    """
    return find_old_address(RequestFactory().get(url)) or HttpResponse(status=404)


def statuses_of(urls):
    return {url: answer(url).status_code for url in urls}
