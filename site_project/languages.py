"""The middleware that chooses the language of a page, by the address alone."""

from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


class LanguageMiddleware(LocaleMiddleware):
    """Django's LocaleMiddleware without the header `Vary: Accept-Language`, and with exact prefixes only.

    With language prefixes in the URLs, the response does not depend on Accept-Language. With the header,
    caches would store a copy for each browser's list of languages.

    Django takes "/fr-michael/" and "/FR/" for addresses in French. No page would be found there.
    """

    def process_request(self, request):
        code = request.path_info.partition("/")[2].partition("/")[0]
        translation.activate(code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request, response):
        response.headers.setdefault("Content-Language", translation.get_language())
        return response
