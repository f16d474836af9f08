"""Sends files, after access.py has said who may get them."""

from pathlib import PurePath
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotFound
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from media.access import is_public, may_get, may_work_with
from media.models import Rendition

# Python 3.12 doesn't know them all.
PICTURE_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# Ten minutes, so that a picture that is taken off is soon gone everywhere.
FOR_ALL = "public, max-age=600"
FOR_ONE = "private, no-store"


@require_safe
def serve_rendition(request, name):
    """Serve the rendition stored under `name`; everything else, originals above all, is 404.

    The look-up in the database is the only way to a file: no path is made from the address.
    """
    renditions = Rendition.objects.select_related("image").filter(file=name)
    # PostgreSQL refuses to look for NUL.
    rendition = None if "\0" in name else renditions.first()
    if not rendition:
        return not_found()
    if rendition.filter_spec == "original":
        # The admin makes one of every picture: all of it, where pages may show a part.
        public, allowed = False, may_work_with(request, rendition.image)
    else:
        public = is_public(rendition.image)
        allowed = public or may_get(request, rendition.image)
    if not allowed:
        return not_found()
    kind = PICTURE_TYPES.get(PurePath(name).suffix, "application/octet-stream")
    if not public:
        return send(rendition.file, kind, FOR_ONE)
    # Under one name there is never another picture.
    etag = quote_etag(name)
    response = get_conditional_response(request, etag=etag) or send(rendition.file, kind, FOR_ALL)
    response["ETag"] = etag
    response.setdefault("Cache-Control", FOR_ALL)
    return response


def check_document(document, request):
    """Return 404 when `document` isn't for who asks; None for Wagtail's view of documents to go on."""
    if not is_public(document) and not may_get(request, document):
        return not_found()
    if not accel_prefix():
        return None
    response = send(document.file, document.content_type, FOR_ONE)
    response["Content-Disposition"] = document.content_disposition
    return response


def send(file, content_type, cache):
    """Return a response with the stored `file`, or one that has the front server send it."""
    if prefix := accel_prefix():
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = quote(prefix + file.name)
    else:
        try:
            response = FileResponse(file.storage.open(file.name), content_type=content_type)
        except FileNotFoundError:
            return not_found()
    response["Cache-Control"] = cache
    # Whatever the file is, it never acts as a page of this site.
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def accel_prefix():
    """Return where the front server (nginx, Caddy) has the files for itself, or "" when it hasn't."""
    return settings.MEDIA_ACCEL_PREFIX


def not_found():
    return HttpResponseNotFound(content_type="text/plain", headers={"Cache-Control": FOR_ONE})
