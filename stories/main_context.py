"""The context of stories/story_main.html: what the page of a story needs besides the story itself."""

from math import ceil

from media.models import load_renditions
from stories.body import get_chosen_stories, get_images
from stories.models import StoryPage

# How fast a story is read: rather slowly, as many read it in a language that is not their first.
WORDS_A_MINUTE = 200
READ_NEXT_COUNT = 3


def get_main_context(story):
    """Return the context for `story`, a StoryPage. One query loads all renditions."""
    read_next = find_read_next(story)
    images = [story.lead_image, *get_images(story.body)]
    others = [author.picture for author in story.authors] + [other.lead_image for other in read_next]
    load_renditions([*images, *others])
    return {
        "read_next": read_next,
        "minutes": ceil(story.word_count / WORDS_A_MINUTE),
        "shared_credit": find_shared_credit(images),
    }


def find_read_next(story):
    """Return the stories to read after `story`: those of the same place, then those of the same theme.

    If its body shows stories that an editor chose, these are the ones to read next, and the list is empty.
    """
    published = StoryPage.objects.published()
    chosen = get_chosen_stories(story.body)
    if chosen and published.filter(pk__in=chosen).exists():
        return []
    return list(published.in_top_index_of(story).related_to(story).for_cards()[:READ_NEXT_COUNT])


def find_shared_credit(images):
    """Return the credit that all of `images` share, so that the page can give it once; else ""."""
    credits = [image.credit for image in images if image and image.is_shown]
    return credits[0] if len(credits) > 1 and len(set(credits)) == 1 else ""
