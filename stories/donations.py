"""Keeps stories apart from the address for donations, unless everybody in them agrees to fundraising."""

import json
import re
from functools import partial
from html import unescape
from urllib.parse import unquote

from django.utils.safestring import SafeString
from lxml import etree, html
from wagtail.models import Page

from caching.versioned_cache import cached
from publishing.addresses import absolute
from safeguarding.outlets import may_be_used
from stories.body import get_chosen_pages

# What may be the primary key of a page in the stored text of a link.
KEY = re.compile(r'id=\\?"(\d{1,18})\b')


def plain(text):
    """Return `text` with its addresses decoded, without scheme and "www.", and without a slash at its end."""
    text = unquote(unescape(text)).lower().replace("https://", "").replace("http://", "")
    return text.replace("www.", "").rstrip("/")


def donation_addresses(site):
    """Return the addresses for donations of `site`, the SiteSettings or None, as plain() makes them.

    If a page of this site has the address, those of its translations count too.
    """
    address = plain(re.split("[?#]", site.donate_url)[0]) if site else ""
    if not address.startswith(plain(absolute("/"))):
        return {address} - {""}
    # Several parts of a page ask for them.
    return cached(("donations", address), partial(with_translations, address))


def with_translations(address):
    """Return `address`, as plain() makes it, and those of the translations of the page of this site there."""
    pages = Page.objects.filter(slug__iexact=address.rpartition("/")[2])
    keys = [each.translation_key for each in pages if plain(absolute(each.url or "")) == address]
    translations = Page.objects.filter(translation_key__in=keys)
    return {address, *(plain(absolute(each.url)) for each in translations if each.url)}


def asks_for_money(page, site):
    """Return whether the own text of `page` has an address for donations of `site`, the SiteSettings.

    A page of this site can have that address: then it asks too, and so does a page that links to it.
    It is False without a page, as for the search. The menu, which is the same on all pages, does not count.
    """
    addresses = donation_addresses(site) if page else set()
    body = list(page.body.raw_data) if addresses and hasattr(page, "body") else []
    texts = [getattr(page, "introduction", ""), json.dumps(body, ensure_ascii=False)]
    if any(each.startswith(plain(absolute("/"))) for each in addresses):
        chosen = get_chosen_pages(page.body) if body else []
        pages = Page.objects.filter(pk__in=[page.pk, *chosen, *KEY.findall(" ".join(texts))])
        texts += [absolute(each.url or "") for each in pages]
    return any(address in plain(text) for text in texts for address in addresses)


def leave_out(stories, page, site):
    """Return a list of those of `stories` that `page` may show: one that asks for money shows not all."""
    is_asking = asks_for_money(page, site)
    return [each for each in stories if not is_asking or may_be_used(each, "beside donations")]


def without_donations(body, page, site):
    """Return `body`, the HTML of the body of `page`, without links to the address for donations.

    Buttons are removed with their words. It is as it was if everybody in the page agrees to fundraising.
    """
    if may_be_used(page, "beside donations") or not asks_for_money(page, site):
        return body
    tree, addresses = html.fragment_fromstring(body, create_parent="div"), donation_addresses(site)
    for link in list(tree.iter("a")):
        if any(each in plain(absolute(link.get("href", ""))) for each in addresses):
            button = next((each for each in link.iterancestors() if "action" in each.classes), None)
            link.drop_tag() if button is None else button.drop_tree()
    return SafeString("".join(etree.tostring(each, encoding="unicode", method="html") for each in tree))
