"""The address alone decides in which language a page is."""

from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, but for `Vary: Accept-Language`: with our addresses it takes no heed of that header.

    Caches would keep a copy of the same page for each browser's list of languages.
    """

    def process_response(self, request, response):
        response.headers.setdefault("Content-Language", translation.get_language())
        return response
