"""Slugs that pages may not have, because other addresses begin with them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from stories.languages import CONTENT_LANGUAGES

# Path components of the routes of StoryIndexPage: /stories/country/kenya/, /stories/theme/forced-labour/
RESERVED_BELOW_INDEX = {"country", "theme"}
# The first path components of addresses in site_project/urls.py and deploy/nginx.conf. Readers would not find
# a page with such a slug below a home page, or the pages below it. The first language has no prefix.
RESERVED_BELOW_HOME = {"admin", "documents", "files", "media", "reading", "search", "static", "stop"}
RESERVED_BELOW_HOME |= {*CONTENT_LANGUAGES[1:]}
RESERVED_SLUGS = RESERVED_BELOW_INDEX | RESERVED_BELOW_HOME


def validate_slug_not_reserved(page):
    """Raise a ValidationError for "slug" if the slug of `page` is one of its `reserved_slugs`."""
    if page.slug in page.reserved_slugs:
        raise ValidationError(
            {
                "slug": _("“%(slug)s” is part of other addresses here. Choose another one.")
                % {"slug": page.slug}
            }
        )
