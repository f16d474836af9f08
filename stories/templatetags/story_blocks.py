"""Template tags for the body of a story: `heading_id` and `story_body`."""

from django import template
from django.utils.translation import get_language
from wagtail.models import Site

from caching.versioned_cache import VersionedCache
from stories.body import get_heading_id

register = template.Library()

# Caches the bodies of the 300 stories that were rendered last. A page and its text-only version share one.
rendered_bodies = VersionedCache(max_entries=300)


@register.simple_tag
def heading_id(block_id):
    """Return the HTML id of a heading block: {% heading_id id %}; "" when it has none."""
    return get_heading_id(block_id) or ""


@register.simple_tag(takes_context=True)
def story_body(context, page):
    """Return the rendered body of the StoryPage `page`: {% story_body page %}."""
    site = Site.find_for_request(context.get("request"))
    key = page.pk, site and site.pk, get_language()
    return rendered_bodies(key, lambda: page.body.render_as_block(context.flatten()))
