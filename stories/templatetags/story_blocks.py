"""Template tags for stories: `heading_id`, `section_text` and `story_main`."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site
from wagtail.templatetags.wagtailcore_tags import richtext

from caching.versioned_cache import VersionedCache
from stories.body import add_section_ids, get_heading_id
from stories.main_context import get_contents, get_main_context
from stories.templatetags.cards import render_cards

register = template.Library()

# The stories that were rendered last. A page and its text-only version share one.
rendered_stories = VersionedCache(max_entries=300)


@register.simple_tag
def heading_id(block_id):
    """Return the HTML id of a heading block: {% heading_id id %}; "" when it has none."""
    return get_heading_id(block_id) or ""


@register.simple_tag
def section_text(value, block_id):
    """Return the HTML of a text block, with ids for its section headings: {% section_text value id %}."""
    html = str(richtext(value))
    return SafeString(add_section_ids(html, block_id) if block_id else html)


@register.simple_tag(takes_context=True)
def story_main(context, page):
    """Return the HTML of the StoryPage `page` itself, without what all pages show: {% story_main page %}."""
    site = Site.find_for_request(context.get("request"))
    key = page.pk, site and site.pk, get_language()
    return rendered_stories(key, lambda: render_story(context, page))


def render_story(context, page):
    main = get_main_context(page)
    cards = render_cards(context, main["read_next"], "", "")
    main_template = context.template.engine.get_template("stories/story_main.html")
    with context.push(cards=SafeString("".join(cards.values())), **main):
        body = page.body.render_as_block(context.flatten())
        with context.push(body=body, contents=get_contents(page, body)):
            return main_template.render(context)
