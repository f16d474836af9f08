"""Sends pages compressed to readers, who may pay for each byte."""

from django.conf import settings
from django.middleware.gzip import GZipMiddleware

from caching.page_cache import will_be_kept


class PageCompressionMiddleware(GZipMiddleware):
    """Django's own, but for files, and for everybody who has a session.

    Files come as streams: pictures are compressed already, and compressing would take away their length.

    What is compressed tells by its length whether two parts of it are alike (the attack BREACH). Public
    pages repeat what a visitor sent beside words that everybody may read; Django's tokens against forged
    requests change with each page. But the admin, private pages and searches among them show drafts and
    names beside what an address can make somebody's browser ask for, so with a session nothing is
    compressed. Django's random length in each answer only makes that attack slower.
    """

    def process_response(self, request, response):
        if response.streaming or settings.SESSION_COOKIE_NAME in request.COOKIES:
            return response
        if will_be_kept(request, response):  # compressed once, for all who ask
            return response
        return super().process_response(request, response)
