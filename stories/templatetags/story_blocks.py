from django import template
from django.utils.translation import get_language
from wagtail.models import Site

from caching.generation import Kept
from stories.blocks import heading_id as id_of

register = template.Library()


@register.simple_tag
def heading_id(block_id):
    """Return the address of a heading in its page."""
    return id_of(block_id) or ""


# Of the stories asked for last: in all its versions a story has the same body.
bodies = Kept(most=300)


@register.simple_tag(takes_context=True)
def story_body(context, page):
    """Write the body of the story `page`."""
    site = Site.find_for_request(context.get("request"))
    key = page.pk, site and site.pk, get_language()
    return bodies(key, lambda: page.body.render_as_block(context.flatten()))
