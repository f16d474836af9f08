"""The sitemap: all public pages, in all languages, with their pictures and translations."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sitemaps import Sitemap, views
from django.db.models import F, Max
from django.db.models.functions import Substr
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import conditional_page, require_safe
from wagtail.models import Page, ReferenceIndex

from media.models import CleanImage, Rendition
from publishing.addresses import absolute
from publishing.visibility import published_pages
from stories.models import StoryPage
from stories.querysets import TOP_INDEX_DEPTH

# Of a picture, what the pages have of it at its largest.
LARGEST = ["format-webp|width-1280", "width-1280|format-webp"]
TOP_INDEX = TOP_INDEX_DEPTH * Page.steplen


@dataclass
class Entry:
    """One address of the sitemap."""

    location: str
    lastmod: datetime | None
    pictures: list[str] = field(default_factory=list)
    # (language, full address) of a page and its translations, when it has some.
    translations: list[tuple[str, str]] = field(default_factory=list)


class PageSitemap(Sitemap):
    protocol, domain = urlsplit(settings.BASE_URL)[:2]

    def get_domain(self, site=None):
        # The site's own name, whichever one it was asked by.
        return self.domain

    def items(self):
        pages = find_pages()
        newest = newest_below(pages)
        pictures = pictures_of_pages()
        translations = defaultdict(list)
        for page in pages:
            translations[page.translation_key].append((page.language, absolute(page.address)))
        entries = []
        for page in pages:
            versions = translations[page.translation_key]
            entry = Entry(page.address, newest[page.path], pictures[page.pk])
            entry.translations = versions if len(versions) > 1 else []
            entries.append(entry)
        indexes = {page.path: page for page in pages if page.depth == TOP_INDEX_DEPTH}
        return entries + term_lists(indexes)

    def location(self, entry):
        return entry.location

    def lastmod(self, entry):
        return entry.lastmod


@conditional_page
@require_safe
def sitemap(request):
    response = views.sitemap(request, {"pages": PageSitemap})
    # A page that was taken off changes the map, but makes no date newer: only the ETag tells.
    del response["Last-Modified"]
    return response


def listed_stories():
    """Return the public stories that search engines may list."""
    return StoryPage.objects.published().filter(keep_out_of_search_engines=False, alias_of=None)


def find_pages():
    """Return the public pages with an address, each with `address` and `language`.

    An alias says of itself that its source is the page to list.
    """
    pages = published_pages().filter(alias_of=None).exclude(storypage__keep_out_of_search_engines=True)
    pages = list(pages.annotate(language=F("locale__language_code")).order_by("path"))
    for page in pages:
        page.address = page.get_url()
    return [page for page in pages if page.address]


def newest_below(pages):
    """Return {path: when the page, or one below it, was last published}: lists change with what they list."""
    newest = defaultdict(lambda: None)
    for page in pages:
        for end in range(Page.steplen, len(page.path) + 1, Page.steplen):
            above = page.path[:end]
            newest[above] = max(filter(None, [newest[above], page.last_published_at]), default=None)
    return newest


def pictures_of_pages():
    """Return {page's number: full addresses of the pictures on it}, of those that are made already."""
    shown = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(CleanImage),
    )
    renditions = Rendition.objects.filter(filter_spec__in=LARGEST).only("file", "image_id", "width", "height")
    made = {str(r.image_id): absolute(r.url) for r in renditions}
    pictures = defaultdict(list)
    for page, image in shown.order_by("pk").values_list("object_id", "to_object_id"):
        if image in made and made[image] not in pictures[int(page)]:
            pictures[int(page)].append(made[image])
    return pictures


def term_lists(indexes):
    """Return the entries of the lists of countries and themes below `indexes`, {path: top index}."""
    stories = listed_stories().annotate(top=Substr("path", 1, TOP_INDEX)).order_by()
    in_its_language = stories.filter(story_themes__theme__locale=F("locale"))
    entries = []
    for kind, found, slug in (
        ("country", stories, "story_countries__country__slug"),
        ("theme", in_its_language, "story_themes__theme__slug"),
    ):
        rows = found.filter(**{f"{slug}__isnull": False}).values_list("top", slug)
        for top, term, newest in rows.annotate(newest=Max("last_published_at")).order_by("top", slug):
            if top in indexes:
                entries.append(Entry(iri_to_uri(f"{indexes[top].address}{kind}/{term}/"), newest))
    return entries
