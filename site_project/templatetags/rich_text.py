"""Template filters that clean rich text before it is shown."""

import re
from functools import lru_cache

from bs4.element import PreformattedString
from django import template
from django.utils.safestring import mark_safe
from wagtail.whitelist import DEFAULT_ELEMENT_RULES, Whitelister, attribute_rule, check_url

register = template.Library()

# Keeps these attributes of a link, and the address only if its scheme is harmless.
allow_link = attribute_rule({"href": check_url, "rel": True})


def clean_link(tag):
    """Replace a link without an address with its text. Links to pages that are not public have none."""
    allow_link(tag)
    if not tag.get("href"):
        tag.unwrap()


class RichTextWhitelister(Whitelister):
    """Allows what Wagtail's Whitelister does, except pictures, and the attribute `rel` of links."""

    element_rules = DEFAULT_ELEMENT_RULES | {"a": clean_link}
    # A picture in rich text could come from another site, which would then see the readers' addresses.
    element_rules.pop("img")

    def clean_string_node(self, doc, node):
        # Wagtail's method removes only comments. Browsers also parse an element from `<![CDATA[><svg>]]>`.
        if isinstance(node, PreformattedString):
            node.extract()


@register.filter
@lru_cache(maxsize=500)
def without_scripts(html):
    """Return rich text as safe HTML: nothing in it can run, even if it was not stored by the editor."""
    return mark_safe(RichTextWhitelister().clean(html))  # noqa: S308 - only allowed elements are left


@register.filter
def without_page_links(source):
    """Return the stored rich text `source` without links to pages and documents. Their text stays.

    Without `linktype`, Wagtail gives such a link no address. clean_link() then replaces it with its text.
    """
    return re.sub(r' linktype="(page|document)"', "", source)
