"""Links between a story and its terms: the countries, themes and authors that it is filed under.

Each link is a row with an order, which editors add in an inline panel of the story's form. So is who is in a
page of any type: publishing/people.py reads that, and reports it to safeguarding/.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.models import Orderable

from safeguarding.models import Contributor
from safeguarding.scopes import Naming
from stories.terms import Author, Country, Theme


class StoryLinkManager(models.Manager):
    """Loads links and their terms in one query, by the relation in `select_related` of the model."""

    def get_queryset(self):
        return super().get_queryset().select_related(self.model.select_related)


class StoryCountry(Orderable):
    select_related = "country"

    story = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="story_countries")
    country = models.ForeignKey(
        Country, models.PROTECT, verbose_name=_("country"), related_name="story_countries"
    )

    objects = StoryLinkManager()

    class Meta(Orderable.Meta):
        unique_together = [("story", "country")]


class StoryTheme(Orderable):
    select_related = "theme"

    story = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="story_themes")
    theme = models.ForeignKey(Theme, models.PROTECT, verbose_name=_("theme"), related_name="story_themes")

    objects = StoryLinkManager()

    class Meta(Orderable.Meta):
        unique_together = [("story", "theme")]


class StoryAuthor(Orderable):
    select_related = "author__picture"

    story = ParentalKey("stories.StoryPage", on_delete=models.CASCADE, related_name="story_authors")
    author = models.ForeignKey(Author, models.PROTECT, verbose_name=_("author"), related_name="story_authors")

    objects = StoryLinkManager()

    class Meta(Orderable.Meta):
        unique_together = [("story", "author")]


class StoryPerson(Orderable):
    """A person in a page of any type, and how the page names them."""

    page = ParentalKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="story_people")
    contributor = models.ForeignKey(Contributor, models.PROTECT, verbose_name=_("person"), related_name="+")
    naming = models.IntegerField(_("named in the page"), choices=Naming, null=True, blank=True)

    class Meta(Orderable.Meta):
        unique_together = [("page", "contributor")]
