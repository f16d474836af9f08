"""Atom and RSS feeds of the newest stories, for the whole site and for each index page, country and theme.

A feed is at the URL of its page with "feed.atom" or "feed.rss" at the end.
"""

import re
from dataclasses import dataclass

from django.contrib.syndication.views import Feed
from django.db import models
from django.http import Http404, HttpRequest
from django.urls import path, re_path
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from wagtail.contrib.settings.context_processors import settings as settings_context
from wagtail.models import Page, Site

from caching.cacheable import cacheable
from caching.local_date import today
from publishing.addresses import absolute
from publishing.visibility import is_published, published_pages
from safeguarding.outlets import may_be_used
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.sharing import get_publication_time
from stories.terms import Country, Theme, find_term
from stories.tombstones import TOMBSTONE_TIME, FeedEntry, find_tombstones, make_entry_id

# How many stories a feed has.
FEED_LENGTH = 20
# Characters that are not allowed in XML 1.0, not even as references.
INVALID_XML_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass
class FeedSource:
    """The page, the stories and, for the feed of a country or theme, the term that a feed is made of."""

    request: HttpRequest
    page: Page
    stories: models.QuerySet
    term: Country | Theme | None = None

    @property
    def organisation_name(self):
        # From Wagtail's context processor, because stories may not import home.
        return settings_context(self.request)["settings"]["home"]["SiteSettings"].organisation_name


class AtomGenerator(Atom1Feed):
    """Adds the authors of each entry, and the tombstones: stories/tombstones.py."""

    def root_attributes(self):
        return super().root_attributes() | {"xmlns:at": "http://purl.org/atompub/tombstones/1.0"}

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        for entry, day in self.feed["tombstones"]:
            # The end of the day in every time zone: programs heed no tombstone from before the last update.
            when = f"{day}T23:59:59-12:00"
            handler.addQuickElement("at:deleted-entry", None, {"ref": entry.urn, "when": when})

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")


class RssGenerator(Rss201rev2Feed):
    """Adds the authors of each item, with the namespace that they need."""

    def rss_attributes(self):
        return super().rss_attributes() | {"xmlns:dc": "http://purl.org/dc/elements/1.1/"}

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.addQuickElement("dc:creator", name)


class StoryFeed(Feed):
    """The newest public stories of a FeedSource, each with its summary.

    Programs that read feeds keep what they got, even if it is withdrawn. So no feed has texts or pictures.
    """

    item_guid_is_permalink = False

    def __call__(self, request, *args, **kwargs):
        response = super().__call__(request, *args, **kwargs)
        # Unpublishing a story changes the feed but makes no date later: only the ETag of the page cache shows
        # the change.
        del response["Last-Modified"]
        return response

    def get_object(self, request, index_path, term_type=None, slug=None):
        """Return the FeedSource of a URL, whose parts FEED_URL names.

        Raises Http404, or ObjectDoesNotExist, which Django's Feed turns into it, if there is no public list
        at the URL.
        """
        home = get_home_page(request)
        if not index_path and not term_type:
            if not is_published(home):
                raise Http404
            return FeedSource(request, home, StoryPage.objects.published().filter(locale_id=home.locale_id))
        index = StoryIndexPage.objects.get(pk__in=published_pages(), url_path=f"{home.url_path}{index_path}")
        stories = StoryPage.objects.published().below(index)
        if not term_type:
            return FeedSource(request, index, stories)
        # As in StoryIndexPage: only a top index has lists of terms, each with at least one public story.
        term = find_term(term_type, slug, stories, index.locale_id)
        if index.depth != TOP_INDEX_DEPTH or term is None:
            raise Http404
        return FeedSource(request, index, stories.with_term(term_type, term), term)

    def title(self, source):
        is_home = source.page.depth < TOP_INDEX_DEPTH
        names = [source.term or (None if is_home else source.page.title), source.organisation_name]
        return remove_invalid_characters(" – ".join(str(name) for name in names if name))

    def link(self, source):
        # The URL of a feed is that of its page with "feed.atom" at the end.
        return absolute(source.request.path.rpartition("/")[0] + "/")

    def feed_url(self, source):
        return absolute(source.request.path)

    def description(self, source):
        # A country has no description.
        about = getattr(source.term, "description", "") if source.term else source.page.search_description
        if about and not source.term and not may_be_used(source.page, "stories.feeds.StoryFeed"):
            about = ""
        return remove_invalid_characters(about or _("The newest stories, in a few sentences."))

    subtitle = description

    def author_name(self, source):
        return remove_invalid_characters(source.organisation_name)

    def items(self, source):
        stories = source.stories.for_outlet("stories.feeds.StoryFeed").newest_first()
        stories = list(stories.prefetch_related("story_authors").defer("body")[:FEED_LENGTH])
        for story in stories:
            story.feed_url = absolute(story.get_url(source.request))
        return stories

    def item_title(self, story):
        return remove_invalid_characters(story.title)

    def item_description(self, story):
        text = story.summary
        if story.content_notes:
            notes = _(", ").join(map(str, story.content_note_labels))
            text = f"{_('This story describes')} {notes}. {text}"
        return remove_invalid_characters(escape(text))  # feed readers take a description as HTML

    def item_link(self, story):
        return story.feed_url

    def item_guid(self, story):
        return make_entry_id(story.translation_key, get_language()).urn

    def item_pubdate(self, story):
        return get_publication_time(story)

    def item_updateddate(self, story):
        return story.last_published_at

    def item_extra_kwargs(self, story):
        return {"authors": [remove_invalid_characters(author.name) for author in story.authors]}


class AtomFeed(StoryFeed):
    feed_type = AtomGenerator

    def feed_extra_kwargs(self, source):
        return {"tombstones": find_tombstones(source.page.locale_id)}


class RssFeed(StoryFeed):
    feed_type = RssGenerator


def get_home_page(request):
    """Return the home page in the language of the URL. Raises Http404 when there is none."""
    site = Site.find_for_request(request)
    home = site.root_page.localized if site else None
    if home is None or home.locale.language_code != get_language():
        raise Http404
    return home


def note_feed_entries():
    """Note which stories are in the feeds, and which left them. The scheduler calls it each minute.

    Each statement that writes empties the caches of readers, so none is sent unless something has changed.
    """
    rows = StoryPage.objects.published().for_outlet("stories.feeds.StoryFeed")
    rows = rows.values_list("translation_key", "locale__language_code", "locale")
    shown = {make_entry_id(key, language): locale for key, language, locale in rows}
    for row in FeedEntry.objects.all():
        is_shown = shown.pop(row.entry, None) is not None
        if is_shown != (row.left_on is None):
            row.left_on = None if is_shown else today()
            row.save()
        elif row.left_on and row.left_on < today() - TOMBSTONE_TIME:
            row.delete()
    if shown:
        FeedEntry.objects.bulk_create(FeedEntry(entry=entry, locale_id=key) for entry, key in shown.items())


def remove_invalid_characters(text):
    """Return `text` without the characters that XML does not allow."""
    return INVALID_XML_CHARACTERS.sub("", str(text))


# The path of an index page below the home page ("" for the home page), and a term if the feed is about one.
# The path is matched by `*?`, as short as possible: else it would also take "country/kenya/".
FEED_URL = r"^(?P<index_path>(?:[\w-]+/)*?)(?:(?P<term_type>country|theme)/(?P<slug>[\w-]+)/)?feed\."
follow = TemplateView.as_view(template_name="stories/follow.html")
urlpatterns = [
    re_path(rf"{FEED_URL}{suffix}$", cacheable(require_safe(feed)), name="feed")
    for suffix, feed in (("atom", AtomFeed()), ("rss", RssFeed()))
]
urlpatterns += [path("follow/", cacheable(require_safe(follow)), name="follow")]
