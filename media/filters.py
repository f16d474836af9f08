"""Wagtail's filters, such as "fill-96x96|format-webp", as objects that all requests share."""

from functools import cache
from io import BytesIO
from pathlib import PurePath

from wagtail.images.models import Filter


class MemoryFilter(Filter):
    """A Filter that makes renditions in memory. Wagtail's `output` is a temporary file.

    Pillow doesn't notice if only part of a file is written to a full disk.
    """

    def run(self, image, output, source=None):
        return super().run(image, BytesIO(), source)


def get_shared_filter(filter_or_spec):
    """Return the Filter of a spec. All requests share one object, because parsing a spec takes time."""
    return make_filter(getattr(filter_or_spec, "spec", filter_or_spec))


def drop_equal(renditions):
    """Return {spec: Rendition} without those that have the format and the width of an earlier one.

    A picture is never enlarged, so several renditions of a small one are equal. In HTML, the sources of
    a picture must have different widths.
    """
    kept = {}
    for spec, rendition in renditions.items():
        kept.setdefault((PurePath(rendition.file.name).suffix, rendition.width), (spec, rendition))
    return dict(kept.values())


@cache
def make_filter(spec):
    return MemoryFilter(spec=spec)
