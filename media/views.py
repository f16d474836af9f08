"""Views that send pictures and documents to those who may download them: media/access.py decides."""

from pathlib import PurePath
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotFound
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from media.access import is_public, may_download, may_see_in_admin
from media.models import Rendition

# The mimetypes module of Python 3.12 lacks some.
PICTURE_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# The Cache-Control header of public files. After ten minutes, a withdrawn picture is gone from all caches.
PUBLIC_FILE_CACHE_CONTROL = "public, max-age=600"
# The same for other files, and for 404: a file may become public.
PRIVATE_FILE_CACHE_CONTROL = "private, no-store"


@require_safe
def serve_rendition(request, name):
    """Send the rendition whose file is called `name`. Everything else is a 404, originals included.

    A file is found through the database only: no path is built from the address.
    """
    renditions = Rendition.objects.select_related("image").filter(file=name)
    # PostgreSQL raises an error for NUL in a text.
    rendition = None if "\0" in name else renditions.first()
    if not rendition:
        return not_found()
    if not rendition.is_for_pages:
        public, allowed = False, may_see_in_admin(request, rendition.image)
    else:
        public = is_public(rendition.image)
        allowed = public or may_download(request, rendition.image)
    if not allowed:
        return not_found()
    content_type = PICTURE_TYPES.get(PurePath(name).suffix, "application/octet-stream")
    if not public:
        return send(rendition.file, content_type, PRIVATE_FILE_CACHE_CONTROL)
    # The file under a name never changes.
    etag = quote_etag(name)
    response = get_conditional_response(request, etag=etag) or send(
        rendition.file, content_type, PUBLIC_FILE_CACHE_CONTROL
    )
    response["ETag"] = etag
    response.setdefault("Cache-Control", PUBLIC_FILE_CACHE_CONTROL)
    return response


def refuse_hidden_document(document, request):
    """Return a 404 if the user may not download `document`, or the document if the front server sends it.

    This is a receiver of the hook before_serve_document. After None, Wagtail's view sends the document.
    """
    if not is_public(document) and not may_download(request, document):
        return not_found()
    if not accel_prefix():
        return None
    response = send(document.file, document.content_type, PRIVATE_FILE_CACHE_CONTROL)
    response["Content-Disposition"] = document.content_disposition
    return response


def send(file, content_type, cache_control):
    """Return a response with the stored `file`, or one that makes the front server send it."""
    if prefix := accel_prefix():
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = quote(prefix + file.name)
    else:
        try:
            response = FileResponse(file.storage.open(file.name), content_type=content_type)
        except FileNotFoundError:
            return not_found()
    response["Cache-Control"] = cache_control
    # Even if a file has HTML or scripts, a browser doesn't treat it as a page of this site.
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def accel_prefix():
    """Return the internal address under which the front server (nginx, Caddy) finds files, or ""."""
    return settings.MEDIA_ACCEL_PREFIX


def not_found():
    return HttpResponseNotFound(
        content_type="text/plain", headers={"Cache-Control": PRIVATE_FILE_CACHE_CONTROL}
    )
