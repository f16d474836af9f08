"""The template tag `metadata`, the metadata in the <head> of a page, and a filter that it needs."""

import json

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from caching.versioned_cache import cached
from home.metadata import build_metadata
from stories.models import StoryPage

register = template.Library()

# As Django's json_script: with these characters escaped, no text in the data can end the <script> element.
JSON_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@register.filter
def as_json(text):
    """Return `text` as a JSON string, safe inside a <script> element."""
    return mark_safe(json.dumps(str(text)).translate(JSON_ESCAPES))  # noqa: S308 - escaped


@register.simple_tag(takes_context=True)
def metadata(context):
    """Return the metadata of the page in the context, or "" for a host without a site.

    base.html puts `site` and `nav` into the context.
    """
    request, page, site = context["request"], context.get("page"), context.get("site")
    if not site:
        return ""

    def render():
        shown = context.get("listing"), context.get("featured")
        parts = build_metadata(request, page, site, context["nav"], *shown)
        return render_to_string("home/metadata.html", parts)

    # A story has one canonical URL. The metadata of other pages depend on the address.
    if isinstance(page, StoryPage):
        return cached(("metadata", page.pk, site.site_id, get_language()), render)
    return render()
