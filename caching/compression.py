"""Middleware that compresses pages with gzip, because visitors may pay for each byte."""

from django.conf import settings
from django.middleware.gzip import GZipMiddleware

from caching.cacheable import will_be_cached


class PageCompressionMiddleware(GZipMiddleware):
    """Django's middleware, which here leaves out files, requests with a session, and cached pages.

    Files are mostly pictures, which are compressed already. Compression would also remove the Content-Length
    of those that are streamed.

    The length of a compressed page tells whether two parts of it are alike (the BREACH attack). So whoever
    chooses one part, by the address, can guess another. In a public page there is nothing to guess: everybody
    may read it, and Django masks its CSRF token anew in each response. With a session, a page may hold drafts
    and names, so it is not compressed. Django's random padding only makes the attack slower.

    Pages that will be cached are compressed once, by caching/cache_request.py.
    """

    def process_response(self, request, response):
        is_file = response.streaming or response.get("Content-Type", "").startswith("image/")
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if is_file or has_session or will_be_cached(request, response):
            return response
        return super().process_response(request, response)
