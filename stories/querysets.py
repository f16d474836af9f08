"""The queryset of StoryPage, with the methods that every query for stories is built from."""

from django.db.models import Case, Count, Q, When
from wagtail.models import Page

from publishing.visibility import PublishedQuerySet

# Depth in Wagtail's page tree of a top index, a StoryIndexPage right below a home page. The root has depth 1.
TOP_INDEX_DEPTH = 3


class StoryPageQuerySet(PublishedQuerySet):
    """Story pages. Every query for what visitors see begins with published()."""

    def newest_first(self):
        return self.order_by("-date", "-pk")

    def in_country(self, country):
        return self.filter(story_countries__country=country)

    def about_theme(self, theme):
        return self.filter(story_themes__theme=theme)

    def below(self, index):
        """Return the stories below the page `index`, at any depth."""
        return self.descendant_of(index)

    def in_top_index_of(self, story):
        """Return the stories of the top index that `story` is in, with those of its sections."""
        return self.filter(path__startswith=story.path[: TOP_INDEX_DEPTH * Page.steplen])

    def related_to(self, story):
        """Return the stories that share a country or a theme with `story`.

        They are ordered by the number of shared countries, then by that of shared themes, both descending.
        """
        shares_theme = Q(story_themes__theme__in=story.themes)
        shares_country = Q(story_countries__country__in=story.countries)
        return (
            self.filter(shares_theme | shares_country)
            .exclude(pk=story.pk)
            .annotate(
                shared_countries=Count("story_countries", filter=shares_country, distinct=True),
                shared_themes=Count("story_themes", filter=shares_theme, distinct=True),
            )
            .order_by("-shared_countries", "-shared_themes", "-date", "-pk")
        )

    def for_cards(self):
        """Load what story_card.html shows with the stories, except renditions (see load_renditions)."""
        return self.select_related("lead_image").prefetch_related("story_countries").defer("body")

    def in_order(self, pks):
        """Return the stories whose primary key is in the list `pks`, in the order of that list."""
        positions = [When(pk=pk, then=position) for position, pk in enumerate(pks)]
        return self.filter(pk__in=pks).order_by(Case(*positions, default=0))
