"""What a page says of itself to machines, in its head: to search engines and where it is shared."""

import json
from dataclasses import dataclass, field
from functools import cache

import babel
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page
from wagtail.rich_text import get_text_for_indexing

from home.models import HomePage
from media.models import load_renditions
from publishing.addresses import absolute
from stories.models import StoryPage
from stories.sharing import CARD, published_at, rendition_or_none

LOGO = "max-512x512|format-png"
# As Django's json_script: nothing in the data can end the element that it stands in.
HTML_IN_JSON = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@dataclass
class Picture:
    """A picture with its full address, for a machine that loads it by itself."""

    address: str
    width: int
    height: int
    alt: str = ""


@dataclass
class Metadata:
    """What `home/metadata.html` writes. Without `title`, only what holds for the whole site."""

    feeds: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    description: str = ""
    address: str = ""
    language: str = ""
    versions: list[tuple[str, str]] = field(default_factory=list)
    picture: Picture | None = None
    has_card_picture: bool = False
    story: StoryPage | None = None
    published: str = ""
    modified: str = ""
    json_ld: str = ""


def build_metadata(request, page, site, nav, listing=None):
    """Return the Metadata of the response to `request`.

    `page`: the page that is shown, or None (search, 404). `site`: the SiteSettings. `nav`: the Navigation,
    which has public pages only. `listing`: the StoryListing of an index.
    """
    if nav.home is None or getattr(request, "is_preview", False):
        return Metadata()
    metadata = Metadata(feeds=find_feeds(request, page, site, nav, listing))
    if not isinstance(page, Page):
        return metadata
    story = page if isinstance(page, StoryPage) else None
    logo = find_logo(site)
    card = find_card(story) if story else None
    metadata.title = title_of(page, listing)
    metadata.description = description_of(page, listing) or description_of(nav.home)
    metadata.address = canonical_address(request, page, listing)
    metadata.language = territorial(get_language())
    metadata.versions = versions_of(metadata.address, nav)
    metadata.picture, metadata.has_card_picture = card or logo, bool(card)
    if story:
        metadata.story = story
        metadata.published = published_at(story).isoformat()
        # An import may have left it out.
        metadata.modified = (story.last_published_at or published_at(story)).isoformat()
    metadata.json_ld = to_json(build_graph(metadata, page, site, nav, listing, logo))
    return metadata


def title_of(page, listing):
    if listing and listing.term:
        return str(listing.term)
    return page.seo_title or getattr(page, "headline", "") or page.title


def description_of(page, listing=None):
    if listing and listing.term:
        return getattr(listing.term, "description", "") or _("Stories: %(term)s") % {"term": listing.term}
    introduction = getattr(page, "summary", "") or get_text_for_indexing(getattr(page, "introduction", ""))
    return page.search_description or introduction


def canonical_address(request, page, listing):
    """Return the one address of what `request` shows, whatever else stood in the query string."""
    if page.alias_of_id:
        return absolute(page.alias_of.get_url(request))
    address = absolute(request.path)
    if not listing:
        return address
    number = listing.page.number
    query = "&".join(filter(None, [listing.query, f"page={number}" if number > 1 else ""]))
    return f"{address}?{query}" if query else address


def versions_of(address, nav):
    """Return (language, address) of the page at `address` in each language, then in the one for all others.

    Nothing for a filtered list or a later page of it: what it shows has no counterpart.
    """
    versions = {version.locale.language_code: absolute(version.href) for version in nav.languages}
    if address not in versions.values():
        return []
    for_others = versions.get(settings.LANGUAGE_CODE)
    return [*versions.items(), *([("x-default", for_others)] if for_others else [])]


def find_feeds(request, page, site, nav, listing):
    """Return (title, address without the suffix) of the feeds that fit a page, the closest first."""
    feeds = [(site.organisation_name, absolute(f"{nav.home.get_url(request)}feed"))]
    if listing:
        feeds.insert(0, (title_of(page, listing), absolute(f"{request.path}feed")))
    return feeds


def find_logo(site):
    load_renditions([site.logo])
    return to_picture(rendition_or_none(site.logo, LOGO), site.organisation_name)


def find_card(story):
    alt = "" if story.lead_image_decorative else story.lead_image_alt
    return to_picture(rendition_or_none(story.lead_image, CARD), alt)


def to_picture(rendition, alt):
    return rendition and Picture(absolute(rendition.url), rendition.width, rendition.height, alt)


def build_graph(metadata, page, site, nav, listing, logo):
    """Return the description of a page in the words of schema.org, as a list of nodes."""
    home = absolute(nav.home.url)
    organisation = {"@type": "Organization", "@id": f"{home}#organisation", "name": site.organisation_name}
    organisation |= {"url": home} | ({"logo": logo.address} if logo else {})
    if isinstance(page, HomePage):
        profiles = [link.value["url"] for link in site.social_links]
        return [organisation | ({"sameAs": profiles} if profiles else {}), website(home, site, organisation)]
    graph = [breadcrumbs(metadata, page, nav, listing)]
    if metadata.story:
        graph.append(article(metadata, organisation))
    return graph


def website(home, site, organisation):
    search = {"@type": "EntryPoint", "urlTemplate": f"{absolute(reverse('search'))}?q={{search_term_string}}"}
    return {
        "@type": "WebSite",
        "@id": f"{home}#website",
        "url": home,
        "name": site.organisation_name,
        "inLanguage": get_language(),
        "publisher": {"@id": organisation["@id"]},
        "potentialAction": {
            "@type": "SearchAction",
            "target": search,
            "query-input": "required name=search_term_string",
        },
    }


def breadcrumbs(metadata, page, nav, listing):
    trail = [(_("Home") if item.pk == nav.home.pk else item.title, item.href) for item in nav.breadcrumbs]
    if listing and listing.term:
        trail.append((page.title, page.url))
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": absolute(address)}
        for number, (name, address) in enumerate(trail, start=1)
    ]
    here = {"@type": "ListItem", "position": len(items) + 1, "name": metadata.title, "item": metadata.address}
    return {"@type": "BreadcrumbList", "itemListElement": [*items, here]}


def article(metadata, organisation):
    node = {
        "@type": "Article",
        "headline": metadata.story.title,
        "description": metadata.description,
        "url": metadata.address,
        "mainEntityOfPage": metadata.address,
        "inLanguage": get_language(),
        "datePublished": metadata.published,
        "dateModified": metadata.modified,
        "author": [{"@type": "Person", "name": author.name} for author in metadata.story.authors]
        or [organisation],
        "publisher": organisation,
    }
    return node | ({"image": metadata.picture.address} if metadata.picture else {})


def to_json(graph):
    return json.dumps({"@context": "https://schema.org", "@graph": graph}).translate(HTML_IN_JSON)


@cache
def territorial(language):
    """Return the code of `language` with the country where most speak it, as Open Graph wants: "fr_FR"."""
    likely = babel.Locale.parse(babel.core.get_global("likely_subtags").get(language, language))
    return f"{language}_{likely.territory}" if likely.territory else language
