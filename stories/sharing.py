"""Functions for feeds and page metadata: the publication time of a story, and renditions that may fail."""

import datetime

from django.utils.timezone import make_aware
from wagtail.images.models import SourceImageIOError

# The image of a shared link, in the size that social networks ask for. Publishing a story makes this
# rendition, because the page's metadata name it (home/metadata.py). when_shared.html has the same filter.
SHARE_IMAGE_FILTER = "fill-1200x630|format-jpeg"


def get_publication_time(story):
    """Return the start of the day in `story.date`, as an aware datetime in the site's time zone."""
    return make_aware(datetime.datetime.combine(story.date, datetime.time.min))


def get_rendition_or_none(image, filter_spec):
    """Return the rendition of `image` for `filter_spec`.

    Returns None without an image, if its file is missing, and if somebody on it doesn't agree to it today.
    """
    try:
        return image.get_rendition(filter_spec) if image and image.is_shown else None
    except SourceImageIOError:
        return None
