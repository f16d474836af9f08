"""What leaves the site with a story: in feeds, on cards where it is shared, in data for machines."""

import datetime

from django.utils.timezone import make_aware
from wagtail.images.models import SourceImageIOError

# The size that the sites where people share ask for. The page itself has it made (home/metadata.py).
CARD = "fill-1200x630|format-jpeg"


def published_at(story):
    """Return the moment at which the day begins that readers see on `story`."""
    return make_aware(datetime.datetime.combine(story.date, datetime.time.min))


def rendition_or_none(image, spec):
    """Return the rendition of `image` that `spec` describes; None without an image, or without its file."""
    try:
        return image.get_rendition(spec) if image else None
    except SourceImageIOError:
        return None
