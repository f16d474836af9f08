"""The metadata in a page's <head>: canonical and alternate URLs, feeds, Open Graph, JSON-LD (schema.org)."""

import json
from dataclasses import dataclass, field
from functools import cache

import babel
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.rich_text import get_text_for_indexing

from home.models import HomePage
from media.models import load_renditions
from publishing.addresses import absolute
from stories.models import StoryPage
from stories.sharing import SHARE_IMAGE_FILTER, get_publication_time, get_rendition_or_none

# A size and a format that search engines and social networks accept.
LOGO_FILTER = "max-512x512|format-png"
# As Django's json_script: with these characters escaped, no text in the data can end the <script> element.
JSON_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@dataclass
class MetadataImage:
    """An image with its absolute URL, and its size in pixels."""

    url: str
    width: int
    height: int
    alt: str


@dataclass
class Metadata:
    """What home/metadata.html renders. Without a `title` (search, 404, preview), it has at most the feeds."""

    feeds: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    description: str = ""
    canonical_url: str = ""
    og_locale: str = ""
    alternates: list[tuple[str, str]] = field(default_factory=list)
    image: MetadataImage | None = None
    has_share_image: bool = False  # False when `image` is the logo
    story: StoryPage | None = None
    published_time: str = ""
    modified_time: str = ""
    json_ld: str = ""


def build_metadata(request, page, site, nav, listing=None):
    """Return the Metadata of the response to `request`; an empty one for a preview or without a home page.

    `page`: the page that is shown, or None (search, 404). `site`: the SiteSettings. `nav`: the Navigation,
    which has public pages only. `listing`: the StoryListing of an index page.
    """
    if nav.home is None or getattr(request, "is_preview", False):
        return Metadata()
    metadata = Metadata(feeds=get_feeds(request, page, site, nav, listing))
    if page is None:
        return metadata
    story = page if isinstance(page, StoryPage) else None
    logo = get_logo(site)
    share_image = get_share_image(story) if story else None
    metadata.title = get_title(page, listing)
    metadata.description = get_description(page, listing) or get_description(nav.home)
    metadata.canonical_url = get_canonical_url(request, page, listing)
    metadata.og_locale = get_og_locale(get_language())
    metadata.alternates = get_alternates(metadata.canonical_url, nav, listing)
    metadata.image, metadata.has_share_image = share_image or logo, bool(share_image)
    if story:
        publication_time = get_publication_time(story)
        metadata.story = story
        metadata.published_time = publication_time.isoformat()
        # Code can store a story as live without publishing it. Such a story has no last_published_at.
        metadata.modified_time = (story.last_published_at or publication_time).isoformat()
    metadata.json_ld = dump_json_ld(build_json_ld_nodes(metadata, page, site, nav, listing, logo))
    return metadata


def get_title(page, listing):
    if listing and listing.term:
        return str(listing.term)
    return page.seo_title or getattr(page, "headline", "") or page.title


def get_description(page, listing=None):
    """Return the description for search engines, or else the summary or introduction, as plain text."""
    if listing and listing.term:
        return getattr(listing.term, "description", "") or _("Stories: %(term)s") % {"term": listing.term}
    introduction = getattr(page, "summary", "") or get_text_for_indexing(getattr(page, "introduction", ""))
    return page.search_description or introduction


def get_canonical_url(request, page, listing):
    """Return the absolute URL of what `request` shows, with the known filters and page number alone."""
    url = absolute(request.path)
    if not listing:
        return url
    number = listing.page.number
    query = listing.query_string(page=number if number > 1 else None)
    return f"{url}?{query}" if query else url


def get_alternates(canonical_url, nav, listing):
    """Return (hreflang, absolute URL) of the page in each language, and "x-default" for the default language.

    Returns [] for a filtered or later page of a list, and for the list of a term, because it may have no
    counterpart in another language.
    """
    urls = {page.locale.language_code: absolute(page.href) for page in nav.languages}
    if canonical_url not in urls.values() or (listing and listing.term):
        return []
    alternates = list(urls.items())
    if settings.LANGUAGE_CODE in urls:
        alternates.append(("x-default", urls[settings.LANGUAGE_CODE]))
    return alternates


def get_feeds(request, page, site, nav, listing):
    """Return (title, absolute URL without ".atom" or ".rss") of a page's feeds, the most specific first."""
    feeds = [(site.organisation_name, absolute(f"{nav.home.get_url(request)}feed"))]
    if listing:
        feeds.insert(0, (get_title(page, listing), absolute(f"{request.path}feed")))
    return feeds


def get_logo(site):
    # The renditions stay with the cached settings, so that the logo takes no query on later pages.
    load_renditions([site.logo])
    return make_metadata_image(get_rendition_or_none(site.shown_logo, LOGO_FILTER), site.organisation_name)


def get_share_image(story):
    alt = "" if story.lead_image_decorative else story.lead_image_alt
    return make_metadata_image(get_rendition_or_none(story.lead_image, SHARE_IMAGE_FILTER), alt)


def make_metadata_image(rendition, alt):
    """Return the MetadataImage of `rendition`; None without one."""
    if rendition is None:
        return None
    return MetadataImage(absolute(rendition.url), rendition.width, rendition.height, alt)


def build_json_ld_nodes(metadata, page, site, nav, listing, logo):
    """Return the schema.org nodes of a page, as dicts.

    The home page has Organization and WebSite, other pages BreadcrumbList, and a story also Article.
    """
    home_url = absolute(nav.home.url)
    organisation = {
        "@type": "Organization",
        "@id": f"{home_url}#organisation",
        "name": site.organisation_name,
        "url": home_url,
    }
    if logo:
        organisation["logo"] = logo.url
    if isinstance(page, HomePage):
        profiles = [link.value["url"] for link in site.social_links]
        if profiles:
            organisation["sameAs"] = profiles
        return [organisation, build_website_node(home_url, site, organisation)]
    nodes = [build_breadcrumbs_node(metadata, page, nav, listing)]
    if metadata.story:
        nodes.append(build_article_node(metadata, organisation))
    return nodes


def build_website_node(home_url, site, organisation):
    return {
        "@type": "WebSite",
        "@id": f"{home_url}#website",
        "url": home_url,
        "name": site.organisation_name,
        "inLanguage": get_language(),
        "publisher": {"@id": organisation["@id"]},
    }


def build_breadcrumbs_node(metadata, page, nav, listing):
    ancestors = [(_("Home") if item.pk == nav.home.pk else item.title, item.href) for item in nav.breadcrumbs]
    if listing and listing.term:
        ancestors.append((page.title, page.url))
    items = [
        {"@type": "ListItem", "position": number, "name": name, "item": absolute(url)}
        for number, (name, url) in enumerate(ancestors, start=1)
    ]
    items.append(
        {
            "@type": "ListItem",
            "position": len(items) + 1,
            "name": metadata.title,
            "item": metadata.canonical_url,
        }
    )
    return {"@type": "BreadcrumbList", "itemListElement": items}


def build_article_node(metadata, organisation):
    authors = [{"@type": "Person", "name": author.name} for author in metadata.story.authors]
    node = {
        "@type": "Article",
        "headline": metadata.story.title,
        "description": metadata.description,
        "url": metadata.canonical_url,
        "mainEntityOfPage": metadata.canonical_url,
        "inLanguage": get_language(),
        "datePublished": metadata.published_time,
        "dateModified": metadata.modified_time,
        "author": authors or [organisation],
        "publisher": organisation,
    }
    if metadata.image:
        node["image"] = metadata.image.url
    return node


def dump_json_ld(nodes):
    """Return the JSON-LD document with `nodes`, safe inside a <script> element."""
    return json.dumps({"@context": "https://schema.org", "@graph": nodes}).translate(JSON_ESCAPES)


@cache
def get_og_locale(language):
    """Return the locale that Open Graph asks for: "fr_FR" for "fr", with the most likely country by CLDR."""
    likely_locale = babel.Locale.parse(babel.core.get_global("likely_subtags").get(language, language))
    return f"{language}_{likely_locale.territory}" if likely_locale.territory else language
