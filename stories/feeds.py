"""Feeds of the newest stories, in Atom and RSS: of the site, of each list, of each country and theme."""

import re
import uuid
from dataclasses import dataclass
from itertools import islice

from django.contrib.syndication.views import Feed
from django.db import models
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.urls import re_path
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe
from lxml import html
from wagtail.contrib.settings.context_processors import settings as settings_of
from wagtail.models import Page, Site

from media.models import load_renditions
from publishing.addresses import absolute
from publishing.visibility import published_pages
from stories.body import get_images
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.sharing import published_at, rendition_or_none
from stories.terms import Country, Theme

NEWEST = 20
# One of those that the story's page has, so that no feed has to make it.
PICTURE = "format-jpeg|width-800"
# Cards of other stories, which have entries of their own.
LEFT_OUT = {"chosen_stories"}
# What is left of the page's HTML: feed readers have a style of their own.
ATTRIBUTES = {"alt", "colspan", "dir", "height", "href", "lang", "rowspan", "scope", "src", "width"}
# XML has no way to write them.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass
class Source:
    """What a feed is about: the page of its list, and the country or theme, if it has one."""

    request: HttpRequest
    page: Page
    stories: models.QuerySet
    term: Country | Theme | None = None

    @property
    def organisation(self):
        # As templates name it: its room is above this one.
        return settings_of(self.request)["settings"]["home"]["SiteSettings"].organisation_name


class AtomGenerator(Atom1Feed):
    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")
        handler.addQuickElement("content", item["content"], {"type": "html"})


class RssGenerator(Rss201rev2Feed):
    def rss_attributes(self):
        return super().rss_attributes() | {
            "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
        }

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.addQuickElement("dc:creator", name)
        handler.addQuickElement("content:encoded", item["content"])


class StoryFeed(Feed):
    """The newest public stories of a Source, each to be read in full."""

    item_guid_is_permalink = False

    def __call__(self, request, *args, **kwargs):
        response = super().__call__(request, *args, **kwargs)
        # A story that was taken off changes the feed, but makes no date newer: only the ETag tells.
        del response["Last-Modified"]
        return response

    def get_object(self, request, place, kind=None, slug=None):
        """Return the Source at an address; 404 where the site has no public list."""
        home = find_home(request)
        if not place and not kind:
            return Source(request, home, StoryPage.objects.published().filter(locale_id=home.locale_id))
        index = StoryIndexPage.objects.get(pk__in=published_pages(), url_path=f"{home.url_path}{place}")
        stories = StoryPage.objects.published().below(index)
        if not kind:
            return Source(request, index, stories)
        if kind == "country":
            term = Country.objects.get(slug=slug)
            stories = stories.in_country(term)
        else:
            term = Theme.objects.get(slug=slug, locale_id=index.locale_id)
            stories = stories.about_theme(term)
        # As the list: the name of a theme is public when a story with it is.
        if index.depth != TOP_INDEX_DEPTH or not stories.exists():
            raise Http404
        return Source(request, index, stories, term)

    def title(self, source):
        is_home = source.page.depth < TOP_INDEX_DEPTH
        names = [source.term or (None if is_home else source.page.title), source.organisation]
        return printable(" – ".join(str(name) for name in names if name))

    def link(self, source):
        # What stands before "feed.atom" is the address of the list.
        return absolute(source.request.path.rpartition("/")[0] + "/")

    def feed_url(self, source):
        return absolute(source.request.path)

    def description(self, source):
        about = getattr(source.term, "description", "") if source.term else source.page.search_description
        return printable(about or _("The newest stories, in full."))

    subtitle = description

    def author_name(self, source):
        return printable(source.organisation)

    def items(self, source):
        stories = source.stories.newest_first().select_related("lead_image")
        stories = list(stories.prefetch_related("story_authors")[:NEWEST])
        bodies = read_bodies(stories)
        load_renditions([story.lead_image for story in stories])
        for story, body in zip(stories, bodies, strict=True):
            story.feed_address = absolute(story.get_url(source.request))
            context = {"story": story, "page": story, "blocks": body}
            page = render_to_string("stories/feed_entry.html", context, source.request)
            story.feed_content = printable(plain_html(page, story.feed_address))
        return stories

    def item_title(self, story):
        return printable(story.title)

    def item_description(self, story):
        text = story.summary
        if story.content_notes:
            notes = ", ".join(map(str, story.content_note_labels))
            text = f"{_('This story describes')} {notes}. {text}"
        return printable(escape(text))

    def item_link(self, story):
        return story.feed_address

    def item_guid(self, story):
        # Stays when the story moves, and when the site does.
        return uuid.uuid5(story.translation_key, get_language()).urn

    def item_pubdate(self, story):
        return published_at(story)

    def item_updateddate(self, story):
        return story.last_published_at

    def item_enclosures(self, story):
        picture = rendition_or_none(story.lead_image, PICTURE)
        try:
            return [Enclosure(absolute(picture.url), str(picture.file.size), "image/jpeg")] if picture else []
        except FileNotFoundError:
            return []

    def item_extra_kwargs(self, story):
        return {
            "authors": [printable(author.name) for author in story.authors],
            "content": story.feed_content,
        }


class AtomFeed(StoryFeed):
    feed_type = AtomGenerator


class RssFeed(StoryFeed):
    feed_type = RssGenerator


def find_home(request):
    """Return the page that the site begins with in the reader's language; 404 when there is none."""
    site = Site.find_for_request(request)
    home = site.root_page.localized if site else None
    if home is None or home.locale.language_code != get_language():
        raise Http404
    return home


def read_bodies(stories):
    """Return the blocks of each of `stories`, with pictures and renditions loaded for all at once.

    Wagtail loads what the blocks of one body need together, so all bodies are read as one.
    """
    raw = [[block for block in story.body.raw_data if block["type"] not in LEFT_OUT] for story in stories]
    body = StoryPage.body.field.stream_block.to_python([block for blocks in raw for block in blocks])
    load_renditions(get_images(body))
    blocks = iter(body)
    return [list(islice(blocks, len(one))) for one in raw]


def plain_html(page, address):
    """Return the HTML `page` with absolute addresses, and without what only means something on the site.

    `address`: of the page. Of a picture in several formats the last one stays, which is JPEG.
    """
    tree = html.fragment_fromstring(page, create_parent="div")
    tree.make_links_absolute(address)
    for element in list(tree.iterdescendants()):
        # To lxml a picture is inside of its sources, so these go without what is in them.
        if element.tag in {"picture", "source"} or (element.tag == "span" and not element.get("lang")):
            element.drop_tag()
        for name in set(element.attrib) - ATTRIBUTES:
            del element.attrib[name]
    inside = [escape(tree.text or ""), *(html.tostring(child, encoding="unicode") for child in tree)]
    return re.sub(r"\s*\n\s*", "\n", "".join(inside)).strip()


def printable(text):
    return CONTROL_CHARACTERS.sub("", str(text))


ADDRESS = r"^(?P<place>(?:[\w-]+/)*?)(?:(?P<kind>country|theme)/(?P<slug>[\w-]+)/)?feed\."
urlpatterns = [
    re_path(rf"{ADDRESS}{suffix}$", conditional_page(require_safe(feed)), name="feed")
    for suffix, feed in (("atom", AtomFeed()), ("rss", RssFeed()))
]
