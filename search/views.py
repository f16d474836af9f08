from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.views.decorators.http import require_safe
from wagtail.models import Page

from caching.generation import kept
from media.models import load_renditions
from publishing.visibility import published_pages
from search.excerpts import Marker, summary_of, texts_to_read
from search.finding import find
from search.forms import Order, SearchForm
from search.missed import count_missed
from search.promotions import promoted
from stories.listing import StoryListing
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH


def add_places(pages):
    """Give each of `pages` a `place`: the titles of the public pages above it, from the top."""
    step = Page.steplen
    # Root and home are above every page: they tell nothing.
    above = {p.path: [p.path[:end] for end in range(3 * step, len(p.path), step)] for p in pages}
    paths = {path for paths in above.values() for path in paths}
    titles = kept.many("titles", paths, find_titles)
    for page in pages:
        page.place = " › ".join(titles[path] for path in above[page.path] if path in titles)


def find_titles(paths):
    return dict(published_pages().filter(path__in=paths).values_list("path", "title"))


def add_pictures(pages):
    """Give each of `pages` that has a picture its `picture` as HTML."""
    images = {page: getattr(page, "lead_image", None) for page in pages}

    def make(keys):
        wanted = {image.pk: image for image in images.values() if image and image.pk in keys}
        load_renditions(wanted.values())
        return {pk: render_to_string("search/picture.html", {"image": image}) for pk, image in wanted.items()}

    found = kept.many("pictures in results", {image.pk for image in images.values() if image}, make)
    for page, image in images.items():
        page.picture = image and found[image.pk]


def add_excerpts(pages, query, language):
    """Give each of `pages` its title and the part of its text that fits the `query`, as marked HTML.

    A page in which no text fits, as it was found by its country, shows its summary.
    """
    marker = Marker(query, language)
    for page in pages:
        page.marked_title = marker.marked(page.title)
        excerpts = map(marker.excerpt, texts_to_read(page))
        page.excerpt = next(filter(None, excerpts), "") or conditional_escape(summary_of(page))


@require_safe
def search(request):
    form = SearchForm(request.GET)
    form.is_valid()
    words = form.cleaned_data.get("q", "")
    found = find(form)
    results = found.page(request.GET.get("page"))
    add_places(results)
    add_excerpts(results, found.query, found.language)
    add_pictures(results)
    is_first = request.GET.get("page", "1") == "1" and not found.filters
    if words and is_first and (found.is_instead or not found.rows):
        count_missed(words)
    # Of a search that found something, no word is wrong.
    offered = found.corrections if found.is_instead or not found.rows else []
    context = {
        "form": form,
        "search": found,
        "words": words,
        "results": results,
        "promoted": promoted(words, found.language) if is_first else [],
        "asks_for_help": found.vocabulary.asks_for_help(words),
        "also_searched": found.vocabulary.also_searched(found.query),
        "corrections": [(found.address(q=other.text), other.text) for other in offered],
        "orders": orders(found),
        "exact_query": found.address(exact="1"),
        "wide_query": found.address(exact=None),
        "unfiltered_query": found.address(**dict.fromkeys(found.filters)),
    }
    if not results:
        context |= ways_on(found.locale, request)
    response = render(request, "search/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def orders(found):
    """Return the orders to choose from, with the address of each."""
    chosen = found.form.cleaned_data.get("sort", "")
    return [
        {"label": order.label, "query": found.address(sort=order.value), "is_active": order == chosen}
        for order in Order
    ]


def ways_on(locale, request):
    """Return what to read when nothing was found: countries and themes with stories, and the newest."""
    stories = StoryPage.objects.published().filter(locale=locale)
    context = {"newest": stories.newest_first().for_cards()[:3]}
    index = published_pages().type(StoryIndexPage).filter(locale=locale, depth=TOP_INDEX_DEPTH).first()
    if index:
        facets = StoryListing(stories.below(index), {}, index).facets
        context["ways"] = [facet for facet in facets if facet.name != "year"]
        context["ways_address"] = index.get_url(request)
    return context
