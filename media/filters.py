"""Wagtail's filters, such as "fill-96x96|format-webp", as objects that all requests share."""

import hashlib
from functools import cache
from pathlib import PurePath

from wagtail.images.models import Filter


class FileFilter(Filter):
    """A Filter whose renditions are of one file: once a picture has another file, Wagtail finds others."""

    def get_cache_key(self, image):
        """Return the focal_point_key of the renditions of `image`.

        It has the hash of the file in it. It also has the name of the file, which is random, so that nobody
        can tell from the address of a rendition whether it is of a file that they have.
        """
        key = f"{image.file_hash}-{image.file.name}-{super().get_cache_key(image)}"
        return hashlib.sha256(key.encode()).hexdigest()[:16]


make_filter = cache(FileFilter)


def get_shared_filter(filter_or_spec):
    """Return the Filter of a spec. All requests share one object, because parsing a spec takes time."""
    return make_filter(spec=getattr(filter_or_spec, "spec", filter_or_spec))


def drop_equal(renditions):
    """Return {spec: Rendition} without those that have the format and the width of an earlier one.

    A picture is never enlarged, so several renditions of a small one are equal. In HTML, the sources of
    a picture must have different widths.
    """
    kept = {}
    for spec, rendition in renditions.items():
        kept.setdefault((PurePath(rendition.file.name).suffix, rendition.width), (spec, rendition))
    return dict(kept.values())
