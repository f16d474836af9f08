"""What home/metadata.html, the metadata in a page's <head>, is made of: addresses, texts and pictures."""

from functools import cache

import babel
from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from caching.local_date import today
from caching.versioned_cache import cached
from home.models import HomePage
from media.models import load_renditions
from publishing.addresses import absolute
from safeguarding.outlets import may_be_used
from stories.donations import asks_for_money
from stories.models import StoryPage
from stories.sharing import SHARE_IMAGE_FILTER, get_publication_time, get_rendition_or_none

# A size and a format that search engines and social networks accept.
LOGO_FILTER = "max-512x512|format-png"


def build_metadata(request, page, site, nav, listing=None, featured=None):
    """Return the context of home/metadata.html for the response to `request`.

    It is empty for a preview and without a home page, and has the feeds alone without a page (search, 404).

    `page`: the page that is shown, or None. `site`: the SiteSettings. `nav`: the Navigation, which has public
    pages only. `listing`: the StoryListing of an index page. `featured`: the queryset of the featured stories
    of a home page.
    """
    if nav.home is None or getattr(request, "is_preview", False):
        return {}
    feeds = get_feeds(request, page, site, nav, listing)
    if page is None:
        return {"feeds": feeds}
    title, url = get_title(page, listing), get_canonical_url(request, page, listing)
    # The renditions stay with the cached settings, so that the logo takes no query on later pages.
    load_renditions([site.logo])
    is_story = isinstance(page, StoryPage)
    # Without a picture and a description, programs take some from the page. So the site gives its own.
    is_shared = may_be_used(page, "home/metadata.html")
    pictured = page if is_story else find_pictured(page, site, listing, featured)
    description = get_description(page, listing) if is_shared else ""
    if not description and may_be_used(nav.home, "home/metadata.html"):
        description = get_description(nav.home)
    picture = pictured.lead_image if is_shared and pictured else None
    return (get_story_context(page) if is_story and is_shared else {}) | {
        "pictured": pictured,
        "share_image": get_rendition_or_none(picture, SHARE_IMAGE_FILTER),
        "feeds": feeds,
        "site": site,
        "title": title,
        "description": description,
        "url": url,
        "language": get_language(),
        "og_locale": get_og_locale(get_language()),
        "alternates": get_alternates(url, nav, listing),
        "logo": get_rendition_or_none(site.shown_logo, LOGO_FILTER),
        "home_url": absolute(nav.home.url),
        "search_url": absolute(reverse("search")),
        "is_home": isinstance(page, HomePage),
        "trail": [*get_ancestors(page, nav, listing), (title, url)],
    }


def get_story_context(page):
    """Return the part of the context of `page`, a StoryPage, that only stories have."""
    published = get_publication_time(page)
    return {
        "story": page,
        "published": published,
        # Code can store a story as live without publishing it. Such a story has no last_published_at.
        "modified": page.last_published_at or published,
    }


def find_pictured(page, site, listing, featured):
    """Return the first story of a list or a home page with a picture to share, or None.

    A story that is kept out of search engines, or of social media, gives its picture to no other page. One
    that may not stand beside donations gives it to no page that asks for money.
    """

    def find():
        stories = listing.all_stories.newest_first() if listing else featured
        # `lead_image__isnull=False` is there for PostgreSQL, which would otherwise read all stories of a site
        # with few pictures.
        shown = stories.filter(lead_image__isnull=False, lead_image__shown_until__gte=today())
        shown = shown.for_outlet("pictures of lists")
        if asks_for_money(page, site):
            shown = shown.for_outlet("beside donations")
        shown = shown.filter(keep_out_of_search_engines=False).prefetch_related(None)
        story = shown.select_related("lead_image").defer("body").first()
        load_renditions([story and story.lead_image])
        return story

    if listing is None and featured is None:
        return None
    return cached(("pictured", page.pk, listing and listing.cache_key), find)


def get_ancestors(page, nav, listing):
    """Return (name, absolute URL) of the pages above, for a list of a term also of its index page."""
    items = [(_("Home") if item.pk == nav.home.pk else item.title, item.href) for item in nav.breadcrumbs]
    if listing and listing.term:
        items.append((page.title, page.url))
    return [(name, absolute(url)) for name, url in items]


def get_title(page, listing):
    if listing and listing.term:
        return str(listing.term)
    return page.seo_title or getattr(page, "headline", "") or page.title


def get_description(page, listing=None):
    """Return the description for search engines, or else the summary or introduction, as plain text."""
    if listing and listing.term:
        return getattr(listing.term, "description", "") or _("Stories: %(term)s") % {"term": listing.term}
    return page.search_description or page.plain_summary


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


@cache
def get_og_locale(language):
    """Return the locale that Open Graph asks for: "fr_FR" for "fr", with the most likely country by CLDR."""
    likely_locale = babel.Locale.parse(babel.core.get_global("likely_subtags").get(language, language))
    return f"{language}_{likely_locale.territory}" if likely_locale.territory else language
