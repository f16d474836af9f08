"""Slugs that no page below an index of stories may have, because routes of the index begin with them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Path components of the routes of StoryIndexPage: /stories/country/kenya/, /stories/theme/forced-labour/
RESERVED_SLUGS = {"country", "theme"}


def validate_slug_not_reserved(page):
    """Raise a ValidationError for "slug" when the URL of `page` would hide a route of its index page."""
    if page.slug in RESERVED_SLUGS:
        raise ValidationError(
            {
                "slug": _("“%(slug)s” is part of other addresses here. Choose another one.")
                % {"slug": page.slug}
            }
        )
