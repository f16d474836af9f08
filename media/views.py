"""Views that send pictures and documents to those who may download them: media/access.py decides."""

from pathlib import PurePath
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, HttpResponse, HttpResponseNotFound
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from media.access import find_rendition, is_public, is_public_rendition, may_download, may_see_in_admin
from media.models import Rendition

# The mimetypes module of Python 3.12 lacks some.
PICTURE_TYPES = {".avif": "image/avif", ".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
# The Cache-Control header of public pictures. Shared caches keep one for a second, as they keep pages. A
# browser keeps for ten minutes what its user has seen.
PUBLIC_PICTURE_CACHE_CONTROL = "public, max-age=600, s-maxage=1"
# The header for other files, and for 404: these are not cached for everybody, and a file may become public.
PRIVATE_FILE_CACHE_CONTROL = "private, no-store"


@require_safe
def serve_rendition(request, name):
    """Send the rendition whose file is called `name`. Everything else is a 404, originals included.

    No path is built from the address: a file is found in the database, by its name.
    """
    if is_public_rendition(name):
        return send_public_rendition(request, name)
    rendition = find_rendition(name)
    may_see = may_download if rendition and rendition.is_for_pages else may_see_in_admin
    if not (rendition and may_see(request, rendition.image)):
        return not_found()
    return send(rendition.file, picture_type(name))


def send_public_rendition(request, name):
    """Return a response with the public rendition called `name`, or a 404 if its file is missing."""
    # The file under a name never changes.
    etag = quote_etag(name)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            with Rendition._meta.get_field("file").storage.open(name) as file:
                content = file.read()  # A rendition is small. This takes less time than a FileResponse.
        except FileNotFoundError:
            return not_found()
        response = with_file_headers(HttpResponse(content, content_type=picture_type(name)))
        # Django's CommonMiddleware adds this header only to responses that pass through it.
        response["Content-Length"] = len(content)
    response["ETag"] = etag
    response["Cache-Control"] = PUBLIC_PICTURE_CACHE_CONTROL
    return response


def picture_type(name):
    return PICTURE_TYPES.get(PurePath(name).suffix, "application/octet-stream")


def refuse_hidden_document(document, request):
    """Return a 404 for a document that the user may not download, or whose file is missing.

    If there is a front server, return a response that makes it send the document. This is a receiver of the
    hook before_serve_document. After None, Wagtail's view sends the document.
    """
    if not is_public(document) and not may_download(request, document):
        return not_found()
    if not settings.MEDIA_ACCEL_PREFIX:
        return None if document.file.storage.exists(document.file.name) else not_found()
    response = send(document.file, document.content_type)
    response["Content-Disposition"] = document.content_disposition
    return response


def sendfile(_request, path, **_options):
    """Return a response with the file at `path`, to which Wagtail's view of documents adds headers.

    The setting SENDFILE_BACKEND names this module. Wagtail's own function says when the file was stored, in
    the header Last-Modified and by its answers to If-Modified-Since.
    """
    return FileResponse(open(path, "rb"))


def send(file, content_type):
    """Return a response with the stored `file`, which is not for everybody, or a 404 if it is missing.

    If there is a front server, the response makes it send the file. Public pictures are not sent in this way:
    nginx caches no response with X-Accel-Redirect.
    """
    if prefix := settings.MEDIA_ACCEL_PREFIX:
        response = with_file_headers(HttpResponse(content_type=content_type))
        response["X-Accel-Redirect"] = quote(prefix + file.name)
        return response
    try:
        return with_file_headers(FileResponse(file.storage.open(file.name), content_type=content_type))
    except FileNotFoundError:
        return not_found()


def with_file_headers(response):
    response["Cache-Control"] = PRIVATE_FILE_CACHE_CONTROL
    # Even if a file has HTML or scripts, a browser doesn't treat it as a page of this site.
    response["Content-Security-Policy"] = "default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def not_found():
    headers = {"Cache-Control": PRIVATE_FILE_CACHE_CONTROL}
    return HttpResponseNotFound(content_type="text/plain", headers=headers)
