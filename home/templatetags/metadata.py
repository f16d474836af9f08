"""Template tag `metadata`: the metadata in the <head> of a page, from home/metadata.html."""

from django import template
from django.template.loader import render_to_string
from django.utils.translation import get_language

from caching.versioned_cache import cached
from home.metadata import build_metadata
from stories.models import StoryPage

register = template.Library()


@register.simple_tag(takes_context=True)
def metadata(context):
    """Return the metadata of the page in the context, or "" for a host without a site.

    base.html puts `site` and `nav` into the context.
    """
    site, page = context.get("site"), context.get("page")
    if not site:
        return ""

    def render():
        page_metadata = build_metadata(
            context["request"],
            page,
            site,
            context["nav"],
            listing=context.get("listing"),
        )
        return render_to_string("home/metadata.html", {"metadata": page_metadata, "site": site})

    # A story has one canonical URL. The metadata of other pages depend on the address.
    if isinstance(page, StoryPage):
        return cached(("metadata", page.pk, site.site_id, get_language()), render)
    return render()
