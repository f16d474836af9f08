import re
from functools import lru_cache

from bs4.element import PreformattedString
from django import template
from django.utils.safestring import mark_safe
from wagtail.whitelist import DEFAULT_ELEMENT_RULES, Whitelister, attribute_rule, check_url

register = template.Library()


allow_link = attribute_rule({"href": check_url, "rel": True})


def clean_link(tag):
    """Leave only the words of a link without an address, as one to a page that is not public."""
    allow_link(tag)
    if not tag.get("href"):
        tag.unwrap()


class RichTextWhitelister(Whitelister):
    """Leaves what the editor can make, and the `rel` of links to other sites."""

    element_rules = DEFAULT_ELEMENT_RULES | {"a": clean_link}
    # Pictures have a block of their own; one from elsewhere would tell who reads.
    element_rules.pop("img")

    def clean_string_node(self, doc, node):
        # Wagtail's takes out comments alone; browsers find an element in `<![CDATA[><svg>]]>` as well.
        if isinstance(node, PreformattedString):
            node.extract()


@register.filter
@lru_cache(maxsize=500)
def without_scripts(html):
    """Return the HTML of a rich text with nothing in it that could run, however it came to be stored."""
    return mark_safe(RichTextWhitelister().clean(html))  # noqa: S308 - what is left is known, and escaped


@register.filter
def without_page_links(source):
    """Return the stored rich text `source` with only the words of its links to pages and documents."""
    return re.sub(r' linktype="(page|document)"', "", source)
