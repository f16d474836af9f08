from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from media.models import Rendition


@require_safe
@cache_control(public=True, max_age=600)
def serve_rendition(request, name):
    """Serve the rendition stored under `name`; everything else, originals above all, is 404.

    The look-up in the database is the only way to a file: no path is made from the address.
    Ten minutes of caching, so that a picture that is taken off is soon gone everywhere.
    """
    rendition = get_object_or_404(Rendition, file=name)
    try:
        return FileResponse(rendition.file.open("rb"))
    except FileNotFoundError:
        raise Http404 from None
