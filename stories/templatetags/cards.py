"""Stories in a list: what a card shows is the same wherever it stands, and kept for all pages."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site

from caching.generation import kept
from media.models import load_renditions
from stories.models import StoryPage

register = template.Library()


@register.simple_tag(takes_context=True)
def story_cards(context, stories, sizes="", chosen_for=None):
    """Return the cards of `stories`, a queryset that ends in `for_cards`, as HTML.

    `sizes`: how wide the pictures are, if not as in a list. `chosen_for`: the page for which these are always
    the stories, where to find them takes long.
    """
    if not kept.is_open:
        return SafeString("".join(make_cards(context, stories, sizes).values()))
    site = Site.find_for_request(context.get("request"))
    name = "cards", site and site.pk, get_language(), sizes

    def find_keys():
        return list(stories.values_list("pk", flat=True))

    def make(keys):
        return make_cards(context, StoryPage.objects.published().filter(pk__in=keys).for_cards(), sizes)

    keys = kept(("stories for", chosen_for.pk), find_keys) if chosen_for else find_keys()
    cards = kept.many(name, keys, make)
    return SafeString("".join(cards[key] for key in keys if key in cards))


def make_cards(context, stories, sizes):
    """Return {key: HTML} of `stories`."""
    load_renditions([story.lead_image for story in stories])
    card = context.template.engine.get_template("stories/story_card.html")
    cards = {}
    for story in stories:
        with context.push(story=story, sizes=sizes):
            cards[story.pk] = card.render(context)
    return cards
