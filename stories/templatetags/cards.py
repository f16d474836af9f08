"""Template tag `story_cards`: stories as cards, from the cache, as a card is the same on every page."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site

from caching.versioned_cache import cached
from media.models import load_renditions
from stories.models import StoryPage

register = template.Library()


@register.simple_tag(takes_context=True)
def story_cards(context, stories, sizes=""):
    """Return the HTML of the cards of `stories`: {% story_cards stories as cards %}.

    `stories`: a queryset that ends with for_cards(). `sizes`: the `sizes` attribute of the pictures, if their
    width is not that of a list.
    """
    if not cached.is_active:  # One query less.
        return SafeString("".join(render_cards(context, stories, sizes).values()))
    site = Site.find_for_request(context.get("request"))
    cache_name = "cards", site and site.pk, get_language(), sizes

    def render_missing(pks):
        missing = StoryPage.objects.published().filter(pk__in=pks).for_cards()
        return render_cards(context, missing, sizes)

    pks = list(stories.values_list("pk", flat=True))
    cards = cached.many(cache_name, pks, render_missing)
    # A story that was unpublished meanwhile has no card.
    return SafeString("".join(cards[pk] for pk in pks if pk in cards))


def render_cards(context, stories, sizes):
    """Return {primary key: HTML of the card} of `stories`."""
    load_renditions([story.lead_image for story in stories])
    card_template = context.template.engine.get_template("stories/story_card.html")
    cards = {}
    for story in stories:
        with context.push(story=story, sizes=sizes):
            cards[story.pk] = card_template.render(context)
    return cards
