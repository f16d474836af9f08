"""The middleware that chooses the language of a page, by the address alone."""

from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """Django's LocaleMiddleware without the header `Vary: Accept-Language`.

    With language prefixes in the URLs, the response does not depend on Accept-Language. With the header,
    caches would store a copy for each browser's list of languages.
    """

    def process_response(self, request, response):
        response.headers.setdefault("Content-Language", translation.get_language())
        return response
