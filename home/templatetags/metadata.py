"""Template tag `metadata`: the metadata in the <head> of a page, from home/metadata.html."""

from django import template

from home.metadata import build_metadata

register = template.Library()


@register.inclusion_tag("home/metadata.html", takes_context=True)
def metadata(context):
    """Render the metadata of the page in the context. base.html puts `site` and `nav` into the context."""
    site = context.get("site")
    if not site:
        return {}
    page_metadata = build_metadata(
        context["request"], context.get("page"), site, context["nav"], context.get("listing")
    )
    return {"metadata": page_metadata, "site": site}
