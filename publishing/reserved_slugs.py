"""Slugs that pages may not have, because other addresses begin with them."""

from django.conf import settings

# Path components of the routes of StoryIndexPage: /stories/country/kenya/, /stories/theme/forced-labour/
RESERVED_BELOW_INDEX = {"country", "theme"}
# The first path components of addresses in site_project/urls.py and deploy/nginx.conf. Readers would not find
# a page with such a slug below a home page, or the pages below it. The first language has no prefix.
RESERVED_BELOW_HOME = {"admin", "documents", "files", "media", "reading", "search", "static", "stop"}
RESERVED_BELOW_HOME |= {"follow", *(code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES[1:])}
# Those of every page whose slug is in its address, wherever it is: it can be moved.
RESERVED_SLUGS = RESERVED_BELOW_INDEX | RESERVED_BELOW_HOME
