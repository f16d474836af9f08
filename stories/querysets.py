"""The words in which every query for stories is written."""

from django.db.models import Case, Count, Q, Subquery, When
from wagtail.models import Page

from publishing.visibility import PublishedQuerySet

# root, home, top index: the depth in Wagtail's tree of the index that all sections hang from.
TOP_INDEX_DEPTH = 3


class StoryPageQuerySet(PublishedQuerySet):
    """Story pages. A public query begins with `published`."""

    def newest_first(self):
        return self.order_by("-date", "-pk")

    def in_country(self, country):
        return self.filter(story_countries__country=country)

    def about_theme(self, theme):
        return self.filter(story_themes__theme=theme)

    def below(self, index):
        """The stories under `index`, at any depth."""
        return self.descendant_of(index)

    def beside(self, story):
        """The stories of the same top index as `story`, its sections included."""
        return self.filter(path__startswith=story.path[: TOP_INDEX_DEPTH * Page.steplen])

    def neighbours_of(self, story):
        """The next newer and the next older story, in this order; one or both may be missing."""
        newer = Q(date__gt=story.date) | Q(date=story.date, pk__gt=story.pk)
        older = Q(date__lt=story.date) | Q(date=story.date, pk__lt=story.pk)
        nearest_newer = self.filter(newer).order_by("date", "pk").values("pk")[:1]
        nearest_older = self.filter(older).newest_first().values("pk")[:1]
        both = Q(pk=Subquery(nearest_newer)) | Q(pk=Subquery(nearest_older))
        return self.filter(both).newest_first().only("title", "url_path", "date")

    def related_to(self, story):
        """Stories that share a theme or a country with `story`, those that share most first."""
        shares_theme = Q(story_themes__theme__in=story.themes)
        shares_country = Q(story_countries__country__in=story.countries)
        return (
            self.filter(shares_theme | shares_country)
            .exclude(pk=story.pk)
            .annotate(
                shared=Count("story_themes", filter=shares_theme, distinct=True)
                + Count("story_countries", filter=shares_country, distinct=True)
            )
            .order_by("-shared", "-date", "-pk")
        )

    def for_cards(self):
        """With all that a card in a list shows but renditions (see load_renditions)."""
        return self.select_related("lead_image").prefetch_related("story_countries").defer("body")

    def in_order(self, keys):
        """Those with one of `keys`, in their order."""
        places = [When(pk=key, then=place) for place, key in enumerate(keys)]
        return self.filter(pk__in=keys).order_by(Case(*places, default=0))
