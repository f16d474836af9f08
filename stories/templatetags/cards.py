"""Stories in a list: what a card shows is the same wherever it stands, and kept for all pages."""

from functools import cache

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site

from media.generation import kept
from media.models import load_renditions

register = template.Library()


@register.simple_tag(takes_context=True)
def story_cards(context, stories, sizes="", chosen_for=None):
    """Return the cards of `stories`, a queryset that ends in `for_cards`, as HTML.

    `sizes`: how wide the pictures are, if not as in a list. `chosen_for`: the page for which these are always
    the stories, where to find them takes long.
    """
    card = context.template.engine.get_template("stories/story_card.html")

    def make(story):
        if story is None:  # withdrawn just now
            return ""
        with context.push(story=story, sizes=sizes):
            return card.render(context)

    @cache
    def found():
        load_renditions([story.lead_image for story in stories])
        return {story.pk: story for story in stories}

    if not kept.is_open:
        return SafeString("".join(map(make, found().values())))
    site = Site.find_for_request(context.get("request"))
    reader = site and site.pk, get_language()

    def make_all():
        keys = stories.values_list("pk", flat=True)
        cards = [kept(("card", *reader, sizes, pk), lambda pk=pk: make(found().get(pk))) for pk in keys]
        return SafeString("".join(cards))

    return kept(("cards", *reader, sizes, chosen_for.pk), make_all) if chosen_for else make_all()
