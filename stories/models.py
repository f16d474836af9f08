"""The page types StoryPage, one story, and StoryIndexPage, a list of the stories below it."""

from django.db import models
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import HelpPanel
from wagtail.contrib.routable_page.models import RoutablePageMixin, re_path
from wagtail.fields import RichTextField, StreamField
from wagtail.models import PageManager
from wagtail.search import index

from media.fields import optional_picture
from media.people import words_for_index
from publishing.pages import SitePage
from stories.blocks import PLAIN_FEATURES, StoryBody
from stories.content_notes import ContentNote
from stories.filters import FILTERS
from stories.forms import StoryPageForm
from stories.listing import StoryListing
from stories.panels import STORY_PANELS, STORY_PROMOTE_PANELS
from stories.querysets import TOP_INDEX_DEPTH, StoryPageQuerySet

# Django finds the models of an app in its models module.
from stories.story_links import StoryAuthor, StoryCountry, StoryPerson, StoryTheme  # noqa: F401
from stories.terms import find_term
from stories.tombstones import FeedEntry  # noqa: F401


class StoryPage(SitePage):
    """A story. A survivor may be in danger when something in it identifies them."""

    summary = models.TextField(
        _("summary"),
        max_length=600,
        help_text=_(
            "Two to four sentences that stand on their own: shown in lists, in search results and when "
            "the story is shared. Up to 600 characters."
        ),
    )
    # Wagtail requires it only when the story is published, so a draft needs none: hence null.
    date = models.DateField(
        _("date"),
        null=True,
        default=timezone.localdate,
        help_text=_("The day readers see. Lists go by it. Pick it, or type it like 2025-03-04."),
    )
    lead_image = optional_picture(_("lead picture"))
    lead_image_alt = models.CharField(
        _("alternative text"),
        max_length=255,
        blank=True,
        help_text=_(
            "Say in a sentence what the picture shows, for those who can't see it. "
            "Leave out what could identify somebody."
        ),
    )
    lead_image_decorative = models.BooleanField(
        _("the picture is decoration only"),
        default=False,
        help_text=_("Tick when it adds nothing to the words. Screen readers then pass over it."),
    )
    content_notes = models.JSONField(_("content notes"), default=list, blank=True)
    show_contents = models.BooleanField(
        _("show a table of contents"),
        default=False,
        help_text=_("For long stories with several section headings."),
    )
    show_leave_quickly = models.BooleanField(
        _("show the “leave quickly” button"),
        default=False,
        help_text=_(
            "For a story that could put its reader in danger, should somebody look over their shoulder."
        ),
    )
    body = StreamField(StoryBody(), verbose_name=_("body"))
    keep_out_of_search_engines = models.BooleanField(
        _("keep out of search engines"),
        default=False,
        help_text=_("Asks Google and others not to list this story. The site's own search still finds it."),
    )

    # stories/counts.py counts these when all fields are saved, for the lists of the admin and the time that
    # reading takes.
    word_count = models.PositiveIntegerField(_("words"), default=0, editable=False)
    undescribed_pictures = models.PositiveIntegerField(
        _("pictures without alternative text"), default=0, editable=False
    )

    objects = PageManager.from_queryset(StoryPageQuerySet)()

    base_form_class = StoryPageForm
    in_navigation = False
    served_with = ["lead_image"]
    lead_image_words = property(lambda story: words_for_index(story.lead_image, story.lead_image_alt))
    parent_page_types = ["stories.StoryIndexPage"]
    subpage_types = []
    page_description = _("One story, with its pictures, countries and themes.")

    search_fields = [
        *SitePage.search_fields,
        *map(index.SearchField, ["summary", "body", "lead_image_words", "index_tokens"]),
    ]

    content_panels = STORY_PANELS
    promote_panels = STORY_PROMOTE_PANELS

    preview_modes = [*SitePage.DEFAULT_PREVIEW_MODES, ("shared", _("When shared"))]

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        indexes = [models.Index(fields=["-date", "-page_ptr"], name="story_newest_first")]

    @property
    def lacks_lead_image_alt(self):
        return bool(self.lead_image_id and not (self.lead_image_alt or self.lead_image_decorative))

    def find_omissions(self):
        if self.is_draft or not self.lacks_lead_image_alt:
            return {}
        return {"lead_image_alt": _("Say what the picture shows, or tick that it is decoration only.")}

    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        # That of the top index, e.g. "/stories/", which alone lists countries and themes. It takes no query.
        url = (self.get_url(request) or "").rstrip("/")
        top_url = f"{url.rsplit('/', self.depth - TOP_INDEX_DEPTH)[0]}/" if url else ""
        return context | {"index_url": top_url}

    def get_preview_template(self, request, mode_name):
        is_shared = mode_name == "shared"
        return "stories/when_shared.html" if is_shared else super().get_preview_template(request, mode_name)

    @cached_property
    def countries(self):
        return [item.country for item in self.story_countries.all()]

    @cached_property
    def themes(self):
        return [item.theme for item in self.story_themes.all()]

    @cached_property
    def authors(self):
        return [item.author for item in self.story_authors.all()]

    @property
    def index_tokens(self):
        """The `index_token` of each of its terms, separated by spaces. A new name of a term changes none."""
        return " ".join(term.index_token for term in [*self.countries, *self.themes, *self.authors])

    @property
    def content_note_labels(self):
        """The labels of the content notes; values that are no longer in the vocabulary are left out."""
        return [ContentNote(note).label for note in self.content_notes if note in ContentNote]


class StoryIndexPage(RoutablePageMixin, SitePage):
    """A list of the stories below it, with filters.

    A top index is right below a home page. An index below another one is a section of it; editors call both
    sections. A top index has routes for the lists of one country (country/<slug>/) and of one theme
    (theme/<slug>/).
    """

    introduction = RichTextField(_("introduction"), blank=True, features=PLAIN_FEATURES)

    can_be_hidden = False  # Everything below it would be hidden too.
    served_with = None  # A home page caches its indexes: HomePage.load_lists().
    cacheable_parameters = [*(each.name for each in FILTERS), "page", "text"]
    parent_page_types = ["home.HomePage", "stories.StoryIndexPage"]
    subpage_types = ["stories.StoryPage", "stories.StoryIndexPage"]
    page_description = _("Lists the stories below it. It may hold other sections, for regions or years.")

    search_fields = [*SitePage.search_fields, index.SearchField("introduction")]

    content_panels = [
        *SitePage.content_panels,
        HelpPanel(
            _(
                "The list makes itself: add stories, or sections with stories, below this page. "
                "Lists by country and theme have all stories, whatever section they are in."
            )
        ),
        "introduction",
    ]

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")

    def get_context(self, request, *args, term=None, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        stories = StoryPage.objects.below(self)  # StoryListing leaves out those that are not public.
        context["listing"] = StoryListing(stories, request.GET, self, term)
        return context

    @re_path("^(?P<name>country|theme)/(?P<slug>[^/]+)/$")
    def stories_with_term(self, request, name, slug):
        """Return the response with the list of one term. `name`: "country" or "theme".

        Raises Http404 if this is no top index, and when no public story here has a term with `slug`.
        """
        # few: find_term() only asks whether there is one.
        stories = StoryPage.objects.below(self).published(few=True)
        term = find_term(name, slug, stories, self.locale_id)
        if self.depth != TOP_INDEX_DEPTH or term is None:
            raise Http404
        return self.render(request, term=term)
