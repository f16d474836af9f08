"""Builds the context of stories/story_main.html, the main part of the page of a story."""

from math import ceil

from media.models import load_renditions
from stories.block_values import find_shared_credit
from stories.body import get_chosen_pages, get_images, get_table_of_contents
from stories.models import StoryPage
from stories.story_links import StoryCountry, StoryTheme

# The reading speed. It is rather low, because many readers read in a language that is not their first.
WORDS_A_MINUTE = 200
READ_NEXT_COUNT = 3
# The fewest sections that a table of contents lists.
FEWEST_CONTENTS = 3


def get_main_context(story):
    """Return the context for `story`, a StoryPage, as a dictionary. One query loads all renditions."""
    read_next = find_read_next(story)
    images = [story.lead_image, *get_images(story.body)]
    others = [author.picture for author in story.authors] + [other.lead_image for other in read_next]
    load_renditions([*images, *others])
    return {
        "read_next": read_next,
        "minutes": ceil(story.word_count / WORDS_A_MINUTE),
        "shared_credit": find_shared_credit(images),
    }


def get_contents(story, body):
    """Return the table of contents of `story`, a list of (HTML id, text). `body`: its rendered body.

    It is empty unless an editor turned it on, and if there are fewer than FEWEST_CONTENTS sections.
    """
    entries = get_table_of_contents(body) if story.show_contents else []
    return entries if len(entries) >= FEWEST_CONTENTS else []


def find_read_next(story):
    """Return a list of stories to read after `story`: those with the same countries first, then themes.

    The list is empty if the body of `story` shows public stories that an editor chose.
    """
    published = StoryPage.objects.published()
    chosen = get_chosen_pages(story.body, StoryPage)
    if chosen and published.filter(pk__in=chosen).exists():
        return []
    stories = published.in_top_index_of(story).most_related_to(story).for_cards()
    same_countries = StoryCountry.objects.filter(country__in=story.countries).values("story")
    same_themes = StoryTheme.objects.filter(theme__in=story.themes).values("story")
    read_next = list(stories.filter(pk__in=same_countries)[:READ_NEXT_COUNT])
    if len(read_next) < READ_NEXT_COUNT:
        # This takes longer, because thousands of stories can share a theme.
        others = stories.filter(pk__in=same_themes).exclude(pk__in=same_countries)
        read_next += others[: READ_NEXT_COUNT - len(read_next)]
    return read_next
