"""Builds the context of stories/story_main.html, the main part of the page of a story."""

from math import ceil

from django.conf import settings
from django.db.models import F
from django.db.models.lookups import Exact

from media.models import load_renditions
from safeguarding.outlets import may_be_used
from stories.block_values import find_illustration, find_shared_credit
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
    chosen, read_next = find_read_next(story)
    images = [story.lead_image, *get_images(story.body)]
    others = [author.picture for author in story.authors] + [other.lead_image for other in read_next]
    load_renditions([*images, *others])
    return {
        "read_next": read_next,
        # The line that asks for support is on the page with all of these.
        "may_ask": all(may_be_used(each, "beside donations") for each in [story, *chosen, *read_next]),
        "minutes": ceil(story.word_count / WORDS_A_MINUTE),
        "shared_credit": find_shared_credit(images),
        "illustration": find_illustration(images),
    }


def get_contents(story, body):
    """Return the table of contents of `story`, a list of (HTML id, text). `body`: its rendered body.

    It is empty unless an editor turned it on, and if there are fewer than FEWEST_CONTENTS sections.
    """
    entries = get_table_of_contents(body) if story.show_contents else []
    return entries if len(entries) >= FEWEST_CONTENTS else []


def find_read_next(story):
    """Return two lists: the public stories that the body of `story` chooses, and those to read next.

    Without a chosen one, the latter are stories with the same countries, then themes, of the same top index,
    then the newest, and then those of other languages, of the site's first language before the others.
    """
    published = StoryPage.objects.published().for_cards()
    chosen = get_chosen_pages(story.body, StoryPage)
    chosen = list(published.filter(pk__in=chosen)) if chosen else []
    others = published.exclude(translation_key=story.translation_key)
    related = others.in_top_index_of(story).most_related_to(story)
    same_countries = StoryCountry.objects.filter(country__in=story.countries).values("story")
    same_themes = StoryTheme.objects.filter(theme__in=story.themes).values("story")
    elsewhere = others.exclude(locale_id=story.locale_id).select_related("locale")
    is_in_first = Exact(F("locale__language_code"), settings.LANGUAGE_CODE)
    steps = [
        related.filter(pk__in=same_countries),
        # This takes longer, because thousands of stories can share a theme.
        related.filter(pk__in=same_themes),
        others.filter(locale_id=story.locale_id).newest_first(),
        elsewhere.order_by(is_in_first.desc(), "-date", "-pk"),
    ]
    found = {}
    for step in [] if chosen else steps:
        if len(found) < READ_NEXT_COUNT:
            stories = step.exclude(translation_key__in=found)[: READ_NEXT_COUNT - len(found)]
            found |= {each.translation_key: each for each in stories}
    return chosen, list(found.values())
