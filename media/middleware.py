"""Middleware that sends a picture before the rest of the middleware, once it is known to be public."""

from django.conf import settings

from media.access import is_known_as_public
from media.views import send_public_rendition


class PublicPictureMiddleware:
    """Sends pictures that an earlier request has found to be public. All other requests go on.

    It is below the middleware that sets the headers of every response. The other middleware, such as that of
    sessions and languages, does not concern such a picture, and takes longer than reading its file.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        path = request.path_info
        if path.startswith(settings.MEDIA_URL) and request.method in {"GET", "HEAD"}:
            name = path.removeprefix(settings.MEDIA_URL)
            if is_known_as_public(name):
                request.get_host()  # It raises an error for a host that is not the site's.
                return send_public_rendition(request, name)
        return self.get_response(request)
