"""sitemap.xml: the public pages and lists that search engines may index, with pictures and translations."""

from collections import defaultdict

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, F, Max, When
from django.db.models.functions import Substr
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_safe
from wagtail.models import Page, Site

from caching.cacheable import cacheable
from caching.local_date import today
from caching.versioned_cache import cached
from media.models import Rendition
from publishing.addresses import absolute
from publishing.visibility import published_pages
from safeguarding.outlets import OUTLETS
from stories.models import StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.sharing import SHARE_IMAGE_FILTER

# The most URLs in a file, by the protocol of sitemaps.
MAX_URLS = 50_000
# The columns of pages that are needed here.
PAGE_FIELDS = ["path", "depth", "url_path", "translation_key", "last_published_at"]
# Length of the tree path of a top index, which is a list of stories right below a home page.
TOP_INDEX_PATH_LENGTH = TOP_INDEX_DEPTH * Page.steplen


@cacheable
@require_safe
def sitemap(request, part=None):
    """View of the sitemap: the index of its parts if it has more URLs than a file may have, or one part."""
    parts = Paginator(SimpleLazyObject(find_entries), MAX_URLS)
    # Cached, so that a request for a part that does not exist takes no query.
    number_of_parts = cached("sitemap parts", lambda: parts.num_pages)
    if part is not None and not 1 <= part <= number_of_parts > 1:  # A single part has no number.
        raise Http404
    if part is None and number_of_parts > 1:
        paths = [reverse("sitemap_part", args=[number + 1]) for number in range(number_of_parts)]
        template, context = "sitemap_index.xml", {"parts": map(absolute, paths)}
    else:
        template, context = "sitemap.xml", {"entries": parts.page(part or 1)}
    response = render(request, f"home/{template}", context, content_type="application/xml")
    response["X-Robots-Tag"] = "noindex"
    return response


def find_entries():
    """Return the entries of the public pages, then those of the lists of each term, as dictionaries.

    `url` and `lastmod` are those of the entry. `picture`: the URL of the lead picture of a story, if the one
    to share was made. `translations`: (language, URL) of the page and of its translations.
    """
    pages = get_indexable_pages()
    lastmod = get_lastmod_by_path(pages)
    translations = defaultdict(list)
    for page in pages:
        translations[page.translation_key].append((page.language, page.href))
    made = Rendition.objects.filter(filter_spec=SHARE_IMAGE_FILTER, image__shown_until__gte=today())
    made = {row.image_id: row.full_url for row in made.only("file", "image_id", "width", "height")}
    entries = [
        {
            "url": page.href,
            "lastmod": lastmod[page.path],
            "picture": made.get(page.picture),
            "translations": translations[page.translation_key],
        }
        for page in pages
    ]
    top_indexes = {page.path: page for page in pages if page.depth == TOP_INDEX_DEPTH}
    return entries + get_term_list_entries(top_indexes)


def get_indexable_pages():
    """Return a list of the public pages with a URL, with their `href`, `language` and `picture`, a key."""
    pages = published_pages().exclude(storypage__keep_out_of_search_engines=True)
    is_shown = When(release__uses__contains=OUTLETS["pictures of lists"], then="storypage__lead_image")
    pages = pages.annotate(language=F("locale__language_code"), picture=Case(is_shown))
    pages = list(pages.order_by("path").only(*PAGE_FIELDS))
    # Wagtail would ask the cache for these once for each page.
    root_paths = Site.get_site_root_paths()
    for page in pages:
        page._wagtail_cached_site_root_paths = root_paths
        # Not absolute(), which would take as long as the query.
        url = page.get_url()
        page.href = url and f"{settings.BASE_URL}{url}"
    return [page for page in pages if page.href]


def get_lastmod_by_path(pages):
    """Return {tree path: datetime of the latest publication of the page or of a page below it, or None}.

    Pages below count, because an index page changes with the pages that it lists.
    """
    lastmod = defaultdict(lambda: None)
    for page in pages:
        for end in range(Page.steplen, len(page.path) + 1, Page.steplen):
            path = page.path[:end]
            lastmod[path] = max(filter(None, [lastmod[path], page.last_published_at]), default=None)
    return lastmod


def get_term_list_entries(top_indexes):
    """Return the entries of the lists of each country and theme that public stories have.

    `top_indexes`: {tree path: page} of the top indexes, whose routes serve the lists.
    """
    stories = StoryPage.objects.published().filter(keep_out_of_search_engines=False)
    stories = stories.annotate(top=Substr("path", 1, TOP_INDEX_PATH_LENGTH))
    entries = []
    for term_type, slug_lookup, locales in (
        ("country", "story_countries__country__slug", ()),
        ("theme", "story_themes__theme__slug", ("locale", "story_themes__theme__locale")),
    ):
        rows = stories.filter(**{f"{slug_lookup}__isnull": False}).values_list("top", slug_lookup, *locales)
        rows = rows.annotate(lastmod=Max("last_published_at")).order_by("top", slug_lookup)
        for top, slug, *languages, lastmod in rows:
            # A theme of another language than the story's has no list. If the query compared the languages,
            # PostgreSQL could join each theme with all stories in its language.
            if top in top_indexes and len(set(languages)) < 2:
                url = f"{top_indexes[top].href}{term_type}/{iri_to_uri(slug)}/"
                entries.append({"url": url, "lastmod": lastmod})
    return entries
