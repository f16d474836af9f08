"""The conditions that a story is incomplete: it lacks alternative text, a theme, a country or an author."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from stories.story_links import StoryAuthor, StoryCountry, StoryTheme


def has_none(links):
    """Return a function that returns the condition that a story has no row of the model `links`."""
    return lambda: Q(~Exists(links._base_manager.filter(story=OuterRef("pk"))))


# {value in the address: (label, function that returns the condition that a story lacks it)}.
MISSING = {
    "alternative_text": (_("alternative text"), lambda: Q(undescribed_pictures__gt=0)),
    "theme": (_("theme"), has_none(StoryTheme)),
    "country": (_("country"), has_none(StoryCountry)),
    "author": (_("author"), has_none(StoryAuthor)),
}
