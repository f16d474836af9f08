from django import template

from home.metadata import build_metadata

register = template.Library()


@register.inclusion_tag("home/metadata.html", takes_context=True)
def metadata(context):
    """Write what the page in the context says of itself to machines; base.html gives `site` and `nav`."""
    if not (site := context.get("site")):
        return {}
    found = build_metadata(
        context["request"], context.get("page"), site, context["nav"], context.get("listing")
    )
    return {"metadata": found, "site": site}
