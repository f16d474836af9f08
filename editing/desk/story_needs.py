"""The conditions that a story is incomplete: it lacks alternative text, a theme, a country or an author."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from stories.story_links import StoryAuthor, StoryCountry, StoryTheme


def has_none(links):
    """Return a Q for stories that have no row of the model `links`."""
    return Q(~Exists(links._base_manager.filter(story=OuterRef("pk"))))


# {value in the address: (label, function that returns a Q for stories that lack it)}. They are functions
# because the filters of the list of all stories take functions: other conditions there depend on the time.
MISSING = {
    "alternative_text": (_("alternative text"), lambda: Q(undescribed_pictures__gt=0)),
    "theme": (_("theme"), lambda: has_none(StoryTheme)),
    "country": (_("country"), lambda: has_none(StoryCountry)),
    "author": (_("author"), lambda: has_none(StoryAuthor)),
}
