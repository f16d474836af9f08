"""The home page, plain pages, and the settings of the site."""

from copy import copy
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, MultipleChooserPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page, Site
from wagtail.search import index

from caching.generation import kept
from media.access import shown_everywhere
from publishing.visibility import restrictions_on
from stories.blocks import PLAIN_FEATURES, StoryBody
from stories.forms import CheckedPageForm
from stories.models import StoryPage

NEWEST_STORIES = 6
# All that can be below a home page, as the names of the relations from Page.
PAGE_TYPES = ["storypage__lead_image", "storyindexpage", "standardpage"]


class HomePage(Page):
    """The first page in one language, with the words that every page in that language shows."""

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

    base_form_class = CheckedPageForm
    get_view_restrictions = restrictions_on
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["stories.StoryIndexPage", "home.StandardPage"]
    max_count = len(settings.WAGTAIL_CONTENT_LANGUAGES)
    page_description = _("The first page. There is one in each language.")

    search_fields = [
        *Page.search_fields,
        index.SearchField("headline"),
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    content_panels = [
        *Page.content_panels,
        FieldPanel("headline"),
        FieldPanel("introduction"),
        MultipleChooserPanel(
            "featured_stories",
            chooser_field_name="story",
            label=_("Story"),
            heading=_("Featured stories"),
            help_text=_("Shown first, in this order. Those that are not public are left out."),
            max_num=6,
        ),
        FieldPanel("body"),
        HelpPanel(_("The newest stories follow by themselves.")),
        MultiFieldPanel(
            [
                FieldPanel("tagline"),
                FieldPanel("help_page"),
                FieldPanel("help_line"),
                FieldPanel("donate_text"),
                FieldPanel("footer_text"),
            ],
            heading=_("On every page in this language"),
        ),
    ]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    def clean(self):
        super().clean()
        others = HomePage.objects.filter(locale_id=self.locale_id).exclude(pk=self.pk)
        if self.locale_id and others.exists():
            raise ValidationError(_("There is a home page in this language already."))

    def route(self, request, path_components):
        """Find the page for an address with one query, where Wagtail takes two a level.

        What is no page (/stories/country/kenya/) goes Wagtail's way, level by level.
        """
        request.site_home = self
        language = get_language()
        if language != settings.LANGUAGE_CODE and language != self.locale.language_code:
            # Wagtail falls back to another language: the same words under a second address.
            raise Http404
        if path_components:
            url_path = f"{self.url_path}{'/'.join(path_components)}/"
            try:
                page = Page.objects.select_related(*PAGE_TYPES).filter(url_path=url_path).first()
            except ValueError:  # PostgreSQL refuses NUL
                raise Http404 from None
            if page:
                return getattr(page, page.cached_content_type.model).route(request, [])
        return super().route(request, path_components)

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        featured = [item.story_id for item in self.featured_stories.all()]
        stories = StoryPage.objects.published().filter(locale_id=self.locale_id).for_cards()
        context["featured"] = stories.in_order(featured)
        context["newest"] = stories.exclude(pk__in=featured).newest_first()[:NEWEST_STORIES]
        return context

    @classmethod
    def for_request(cls, request):
        """Return the home page in the language of `request`, or None where no site answers."""
        if not hasattr(request, "site_home"):
            key = "home", request.META.get("HTTP_HOST"), request.get_port(), get_language()
            request._wagtail_site, home = kept(key, partial(cls.find, request))
            request.site_home = copy(home)
            if home:
                # From here Wagtail finds the page for the address, with no query.
                request._wagtail_site = copy(request._wagtail_site)
                request._wagtail_site.root_page = request.site_home
        return request.site_home

    @classmethod
    def find(cls, request):
        """Return the site of `request`, and its home page in the language of `request`."""
        site = Site.find_for_request(request)
        if site is None:
            return None, None
        root = site.root_page
        versions = cls.objects.filter(Q(live=True) | Q(pk=root.pk), translation_key=root.translation_key)
        by_language = {page.locale.language_code: page for page in versions.select_related("locale")}
        by_key = {page.pk: page for page in by_language.values()}
        return site, by_language.get(get_language()) or by_key.get(root.pk)

    @property
    def localized(self):
        """This page, where it is in the reader's language: Wagtail asks the database for that."""
        return self if self.locale.language_code == get_language() else super().localized


class FeaturedStory(Orderable):
    home_page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="featured_stories")
    story = models.ForeignKey(StoryPage, verbose_name=_("story"), on_delete=models.CASCADE, related_name="+")

    class Meta(Orderable.Meta):
        unique_together = [("home_page", "story")]


class StandardPage(Page):
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

    base_form_class = CheckedPageForm
    get_view_restrictions = restrictions_on
    parent_page_types = ["home.HomePage", "home.StandardPage"]
    subpage_types = ["home.StandardPage"]
    page_description = _("A plain page, such as “About us” or “Get help”.")

    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction"),
        index.SearchField("body"),
    ]

    content_panels = [
        *Page.content_panels,
        FieldPanel("introduction"),
        FieldPanel("body"),
        FieldPanel("show_leave_quickly"),
    ]

    class Meta:
        verbose_name = _("plain page")
        verbose_name_plural = _("plain pages")

    @property
    def summary(self):
        return self.introduction


class SocialLinkBlock(blocks.StructBlock):
    name = blocks.CharBlock(label=_("Name"), max_length=40, help_text=_("For example: Mastodon"))
    url = blocks.URLBlock(label=_("Address"))

    class Meta:
        icon = "link"
        label = _("Profile")


@register_setting(icon="cog")
@shown_everywhere
class SiteSettings(BaseSiteSetting):
    """What is the same in every language. Words in a language live on its home page."""

    select_related = ["logo"]

    class Palette(models.TextChoices):
        EARTH = "earth", _("Earth")
        SEA = "sea", _("Sea")
        FOREST = "forest", _("Forest")

    class Robots(models.TextChoices):
        ALL = "all", _("All may come")
        NO_AI_TRAINING = "no-ai-training", _("All but those that collect texts and pictures to train AI")
        NONE = "none", _("None may come")

    organisation_name = models.CharField(_("name of the organisation"), max_length=80, default="Stories")
    logo = models.ForeignKey(
        "media.CleanImage",
        verbose_name=_("logo"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    palette = models.CharField(_("colours"), max_length=20, choices=Palette, default=Palette.EARTH)
    donate_url = models.URLField(
        _("address for donations"),
        blank=True,
        help_text=_("Readers are sent there; nothing of it is loaded here."),
    )
    leave_url = models.URLField(
        _("where “leave quickly” leads"),
        default="https://www.wikipedia.org/",
        help_text=_(
            "A page that many people open, that loads fast where your readers are, and that shows nothing "
            "personal. Nothing of it is loaded before a reader goes there."
        ),
    )
    contact_email = models.EmailField(
        _("contact for “change or remove this”"),
        blank=True,
        help_text=_("Where somebody in a story can write to. Read it every day."),
    )
    robots = models.CharField(
        _("robots"),
        max_length=20,
        choices=Robots,
        default=Robots.NO_AI_TRAINING,
        help_text=_(
            "Which robots are asked, in the file robots.txt, to stay away. Most of the big ones do as they "
            "are asked. With none, search engines forget the site, and shared links show no picture."
        ),
    )
    social_links = StreamField(
        [("profile", SocialLinkBlock())], verbose_name=_("profiles elsewhere"), blank=True
    )

    panels = [
        MultiFieldPanel(
            [FieldPanel("organisation_name"), FieldPanel("logo"), FieldPanel("palette")],
            heading=_("Look"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("contact_email"),
                FieldPanel("donate_url"),
                FieldPanel("leave_url"),
                FieldPanel("social_links"),
            ],
            heading=_("Addresses"),
        ),
        FieldPanel("robots"),
    ]

    class Meta:
        verbose_name = _("site settings")

    def __str__(self):
        return self.organisation_name

    @classmethod
    def for_request(cls, request):
        """Return the settings, which all pages need: asked for once, as long as nothing changes."""
        site = Site.find_for_request(request)
        if site is None:
            return super().for_request(request)
        own = copy(kept(("settings", site.pk), partial(cls.for_site, site)))
        own._request = request  # makes the addresses of pages with fewer queries
        return own
