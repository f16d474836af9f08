"""The page types HomePage, one in each language, and StandardPage, for pages such as “About us”."""

from copy import copy

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import HelpPanel, MultiFieldPanel, MultipleChooserPanel
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page
from wagtail.search import index

from caching.versioned_cache import cached

# Django finds the models of an app in its models module.
from home.site_settings import SiteSettings  # noqa: F401
from publishing.pages import SitePage, get_specific, page_types
from publishing.reserved_slugs import RESERVED_BELOW_INDEX
from publishing.trash import is_in_trash
from publishing.visibility import PublishedQuerySet
from stories.blocks import PLAIN_FEATURES, StoryBody
from stories.listing import StoryListing
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH

# How many stories the home page lists under “Newest stories”.
NEWEST_STORIES_COUNT = 6


class HomePage(SitePage):
    """The home page of one language, and the texts that every page in that language shows."""

    headline = models.CharField(_("headline"), max_length=160)
    introduction = RichTextField(_("introduction"), features=PLAIN_FEATURES, blank=True)
    body = StreamField(StoryBody(), verbose_name=_("body"), blank=True)

    tagline = models.CharField(
        _("tagline"), max_length=160, blank=True, help_text=_("Beside the name at the top of every page.")
    )
    footer_text = RichTextField(_("text at the foot"), features=PLAIN_FEATURES, blank=True)
    help_line = RichTextField(
        _("help line"),
        features=PLAIN_FEATURES,
        blank=True,
        help_text=_("At the foot of every page: whom a reader in danger can call or write to, and when."),
    )
    help_page = models.ForeignKey(
        "wagtailcore.Page",
        verbose_name=_("help page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Linked at the top of every page."),
    )
    donate_text = models.CharField(
        _("words for the donate link"), max_length=60, blank=True, help_text=_("For example: Donate")
    )

    can_be_hidden = False  # All pages in its language would be hidden too.
    reserved_slugs = frozenset()  # Its own slug is in no address.
    served_with = None  # find_page() looks below a home page, where there is no other.
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["stories.StoryIndexPage", "home.StandardPage"]
    max_count = len(settings.WAGTAIL_CONTENT_LANGUAGES)
    page_description = _("The first page. There is one in each language.")

    search_fields = [
        *SitePage.search_fields,
        *map(index.SearchField, ["headline", "introduction", "body"]),
    ]

    content_panels = [
        *SitePage.content_panels,
        "headline",
        "introduction",
        MultipleChooserPanel(
            "featured_stories",
            chooser_field_name="story",
            label=_("Story"),
            heading=_("Featured stories"),
            help_text=_("Shown first, in this order. Those that are not public are left out."),
            max_num=6,
        ),
        "body",
        HelpPanel(_("The newest stories follow by themselves.")),
        MultiFieldPanel(
            ["tagline", "help_page", "help_line", "donate_text", "footer_text"],
            heading=_("On every page in this language"),
        ),
    ]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    def clean(self):
        super().clean()
        other = HomePage.objects.filter(locale_id=self.locale_id).exclude(pk=self.pk).first()
        if other:
            raise ValidationError(
                _("The home page in this language is in the trash: restore it there, or delete it for good.")
                if is_in_trash(other)
                else _("There is a home page in this language already.")
            )

    def route(self, request, path_components):
        """Find the page for a path with one query, where Wagtail takes two for each level of the tree.

        The query is the same whether there is no page at the path or one that no visitor may see. An index
        page takes none.

        Raises Http404 when the URL has the prefix of another language than this page's. URLs without a prefix
        are those of the default language. A site without a home page in that language serves its root page
        there, in whatever language, so that its bare address is no 404.
        """
        language = get_language()
        if language != settings.LANGUAGE_CODE and language != self.locale.language_code:
            # Wagtail would fall back to this home page and so serve the same content at a second URL.
            raise Http404
        if not path_components:
            return super().route(request, [])
        page = self.find_page(path_components)
        page.was_found_with_address = True
        return page.route(request, path_components[page.depth - self.depth :])

    def find_page(self, path_components):
        """Return the page at a path, or the top index that lists a term there, if it has an address.

        Index pages are cached, because readers ask for the same one with many filters. Raises Http404.
        """
        above, *rest = path_components
        is_term = len(rest) == 2 and rest[0] in RESERVED_BELOW_INDEX  # such as /stories/country/kenya/
        lists = cached(("lists", self.pk), self.load_lists)
        if found := lists.get("/".join(path_components)) or (is_term and lists.get(above)):
            return copy(found)  # All requests share the cached pages.
        types = {t._meta.model_name: t.served_with for t in page_types() if t.served_with is not None}
        relations = ["release", *types, *(f"{name}__{each}" for name in types for each in types[name])]
        pages = PublishedQuerySet(Page).with_address().select_related(*relations)
        url_path = f"{self.url_path}{'/'.join(path_components)}/"
        # The slug is there for its index in the database: url_path has none.
        page = pages.filter(url_path=url_path, slug=path_components[-1]).first()
        if page is None:
            raise Http404
        found = get_specific(page)
        # It is loaded once, and not for each type. The query above keeps pages without one from visitors.
        found.release = getattr(page, "release", None)
        return found

    def load_lists(self):
        """Return {path below this page, as "stories/africa": StoryIndexPage} of those with an address."""
        pages = PublishedQuerySet(StoryIndexPage).with_address().filter(path__startswith=self.path)
        return {page.url_path[len(self.url_path) : -1]: page for page in pages.select_related("release")}

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        featured = [item.story_id for item in self.featured_stories.all()]
        stories = StoryPage.objects.published(few=True).filter(locale_id=self.locale_id).for_cards()
        context["featured"] = stories.in_order(featured)
        context["newest"] = stories.exclude(pk__in=featured).newest_first()[:NEWEST_STORIES_COUNT]
        lists = cached(("lists", self.pk), self.load_lists).values()
        if index := next((each for each in lists if each.depth == TOP_INDEX_DEPTH), None):
            context["browse"] = StoryListing(StoryPage.objects.below(index), {}, index)
            context["browse_url"] = index.get_url(request)
        return context

    @property
    def localized(self):
        """This page, without the query that Wagtail makes, when it is in the active language."""
        return self if self.locale.language_code == get_language() else super().localized


class FeaturedStory(Orderable):
    """A story that the editors put at the top of a home page."""

    home_page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="featured_stories")
    story = models.ForeignKey(StoryPage, verbose_name=_("story"), on_delete=models.CASCADE, related_name="+")

    class Meta(Orderable.Meta):
        unique_together = [("home_page", "story")]


class StandardPage(SitePage):
    """A page such as “About us”, with an introduction and a body. Editors call it “plain page”."""

    introduction = models.TextField(
        _("introduction"),
        max_length=600,
        blank=True,
        help_text=_("Shown first, and in search results."),
    )
    body = StreamField(StoryBody(), verbose_name=_("body"), blank=True)
    show_leave_quickly = models.BooleanField(
        _("show the “leave quickly” button"),
        default=False,
        help_text=_("The help page, which is chosen on the home page, always has it."),
    )
    in_footer = models.BooleanField(
        _("link at the foot of every page"),
        default=False,
        help_text=_("For pages such as “Privacy”, which readers look for there."),
    )

    parent_page_types = ["home.HomePage", "home.StandardPage"]
    subpage_types = ["home.StandardPage"]
    page_description = _("A plain page, such as “About us” or “Get help”.")

    search_fields = [*SitePage.search_fields, index.SearchField("introduction"), index.SearchField("body")]

    content_panels = [*SitePage.content_panels, "introduction", "body", "show_leave_quickly"]
    # As Wagtail's, with `in_footer`.
    promote_panels = [
        MultiFieldPanel(["slug", "seo_title", "search_description"], heading=_("For search engines")),
        MultiFieldPanel(["show_in_menus", "in_footer"], heading=_("For site menus")),
    ]

    class Meta:
        verbose_name = _("plain page")
        verbose_name_plural = _("plain pages")

    @property
    def summary(self):
        """The text for lists and search results, under the name that it has in StoryPage."""
        return self.introduction
