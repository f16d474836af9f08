"""The queryset of StoryPage, with methods that select, sort and load the stories of a list."""

from django.db.models import Case, Count, OuterRef, Subquery, When
from django.db.models.functions import Coalesce
from wagtail.models import Page

from publishing.visibility import PublishedQuerySet
from safeguarding.outlets import OUTLETS
from stories.story_links import StoryCountry, StoryTheme

# Depth in Wagtail's page tree of a top index, a StoryIndexPage right below a home page. The root has depth 1.
TOP_INDEX_DEPTH = 3


class StoryPageQuerySet(PublishedQuerySet):
    """Story pages. Every query for what visitors see uses published()."""

    def for_outlet(self, outlet):
        """Return the stories that `outlet`, a key of OUTLETS, may show: may_be_used()."""
        return self.filter(release__uses__contains=OUTLETS[outlet])

    def newest_first(self):
        return self.order_by("-date", "-pk")

    def with_term(self, name, term):
        """Return the stories that are filed under `term`. `name`: "country" or "theme"."""
        return self.filter(
            **{{"country": "story_countries__country", "theme": "story_themes__theme"}[name]: term}
        )

    def below(self, index):
        """Return the stories below the page `index`, at any depth. A path begins with those above it."""
        return self.filter(path__startswith=index.path)

    def in_top_index_of(self, story):
        """Return the stories of the top index that `story` is in, with those of its sections."""
        return self.filter(path__startswith=story.path[: TOP_INDEX_DEPTH * Page.steplen])

    def most_related_to(self, story):
        """Exclude `story`. Sort by the number of countries, then themes shared with it, then the newest."""
        return self.exclude(pk=story.pk).order_by(
            count_shared(StoryCountry, country__in=story.countries).desc(),
            count_shared(StoryTheme, theme__in=story.themes).desc(),
            "-date",
            "-pk",
        )

    def for_cards(self):
        """Load what story_card.html shows with the stories, except renditions (see load_renditions)."""
        return self.select_related("lead_image", "release").prefetch_related("story_countries").defer("body")

    def in_order(self, pks):
        """Return the stories whose primary key is in the list `pks`, in the order of that list."""
        positions = [When(pk=pk, then=position) for position, pk in enumerate(pks)]
        return self.filter(pk__in=pks).order_by(Case(*positions))


def count_shared(links, **terms):
    """Return the expression for the number of rows of the model `links` of a story that have one of `terms`.

    It is a subquery: PostgreSQL takes longer to plan joins with both models than to run them.
    """
    rows = links.objects.filter(story=OuterRef("pk"), **terms).order_by().values("story")
    return Coalesce(Subquery(rows.values(number=Count("pk"))), 0)
