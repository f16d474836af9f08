"""Wagtail's filters, such as "fill-96x96|format-webp", as objects that all requests share."""

from functools import cache

from wagtail.images.models import Filter


def get_shared_filter(filter_or_spec):
    """Return the Filter of a spec. All requests share one object, because parsing a spec takes time."""
    return make_filter(getattr(filter_or_spec, "spec", filter_or_spec))


@cache
def make_filter(spec):
    return Filter(spec=spec)
