"""Template tag `story_cards`: stories as cards, from the cache, because a card is the same on every page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.models import Site

from caching.versioned_cache import cached
from media.models import load_renditions
from stories.donations import asks_for_money, leave_out
from stories.models import StoryPage

register = template.Library()


@register.simple_tag(takes_context=True)
def story_cards(context, stories, layout="", first=None, grid=""):
    """Return the HTML of a grid with the cards of `stories`: {% story_cards stories as cards %}.

    `stories`: a queryset made with for_cards(). `layout`: the layout of the cards, one of those in
    stories/story_card.html. `first`: the layout of the first card, if it differs. `grid`: the name of
    the grid in site.css.
    """
    first = layout if first is None else first
    if not cached.is_active:  # Rendering all at once saves the query for the primary keys below.
        return render_grid(render_cards(context, stories, layout, first).values(), grid)
    site = Site.find_for_request(context.get("request"))
    # Beside a request for money, not all stories have a card.
    is_asking = asks_for_money(context.get("page"), context.get("site"))
    key = "cards", site and site.pk, get_language(), is_asking

    def find_cards(card_layout, pks):
        def render_missing(pks):
            missing = StoryPage.objects.published().filter(pk__in=pks).for_cards()
            return render_cards(context, missing, card_layout, card_layout)

        return cached.many((*key, card_layout), pks, render_missing)

    pks = list(stories.values_list("pk", flat=True))
    if first == layout:  # One query finds all missing cards.
        cards = find_cards(layout, pks)
    else:
        cards = find_cards(first, pks[:1]) | find_cards(layout, pks[1:])
    # A story that was unpublished after the query has no card, nor one that render_cards() leaves out.
    return render_grid([cards[pk] for pk in pks if pk in cards], grid)


def render_grid(cards, grid):
    """Return the HTML of the grid named `grid` with the cards whose HTML is in `cards`, or "" without any.

    Its class tells the browser their number before they arrive. CSS selectors that count siblings match only
    afterwards.
    """
    if not cards:
        return ""
    names = f"cards cards--{grid} cards--{len(cards)}" if grid else "cards"
    return format_html('<div class="{}">{}</div>', names, SafeString("".join(cards)))


def render_cards(context, stories, layout, first):
    """Return {primary key: HTML of the card} of `stories`. `layout`, `first`: as in story_cards().

    Those that the page in `context` may not show are left out.
    """
    stories = leave_out(stories, context.get("page"), context.get("site"))
    load_renditions([story.lead_image for story in stories])
    card_template = context.template.engine.get_template("stories/story_card.html")
    cards = {}
    for story in stories:
        with context.push(story=story, layout=layout if cards else first):
            cards[story.pk] = card_template.render(context)
    return cards
