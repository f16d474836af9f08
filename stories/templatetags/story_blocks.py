"""Template tags for stories, such as `story_main`, and the filter `language_name`."""

import re

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site
from wagtail.templatetags.wagtailcore_tags import richtext

from caching.versioned_cache import VersionedCache
from stories.block_values import find_illustration
from stories.body import add_section_ids, get_heading_id, get_images, get_table_of_contents
from stories.donations import without_donations
from stories.languages import language_name
from stories.main_context import get_contents, get_main_context
from stories.templatetags.cards import render_cards, render_grid

register = template.Library()

# The HTML of what story_main returns. A story and its text-only version ("?text=1") have the same.
rendered_stories = VersionedCache(max_entries=300)


# The HTML id of a heading block: {% heading_id id %}
register.simple_tag(get_heading_id, name="heading_id")
register.filter("language_name", language_name)
# The (HTML id, text) of each section of a rendered body: {% sections body as sections %}
register.simple_tag(get_table_of_contents, name="sections")

# Letters of scripts that are higher than Latin ones, such as Arabic, Urdu, Hindi, Thai, Burmese and Khmer.
TALL_SCRIPTS = re.compile("[\u0600-\u109f\u1780-\u17ff]")


@register.filter
def script_class(text):
    """Return " tall-script" for a text whose lines need more room in a title, else ""."""
    return " tall-script" if TALL_SCRIPTS.search(text) else ""


@register.simple_tag
def section_text(value, block_id):
    """Return the HTML of a text block, with ids for its section headings: {% section_text value id %}."""
    html = str(richtext(value))
    return SafeString(add_section_ids(html, block_id) if block_id else html)


@register.simple_tag(takes_context=True)
def page_body(context, page):
    """Return the HTML of the body of `page`, of any type: {% page_body page %}."""
    values = {"illustration": find_illustration(get_images(page.body)), **context.flatten()}
    return without_donations(page.body.render_as_block(values), page, context.get("site"))


@register.simple_tag(takes_context=True)
def story_main(context, page):
    """Return the HTML of the StoryPage `page`, without header and footer: {% story_main page %}."""
    site = Site.find_for_request(context.get("request"))
    key = page.pk, site and site.pk, get_language()
    return rendered_stories(key, lambda: render_story(context, page))


def render_story(context, page):
    """Return stories/story_main.html, rendered for the StoryPage `page`."""
    main = get_main_context(page)
    # Not by story_cards, whose cache is not needed: the cards are cached with this story.
    cards = render_cards(context, main["read_next"], layout="", first="")
    main_template = context.template.engine.get_template("stories/story_main.html")
    with context.push(cards=render_grid(cards.values(), "row"), **main):
        body = page_body(context, page)
        with context.push(body=body, contents=get_contents(page, body)):
            return main_template.render(context)
