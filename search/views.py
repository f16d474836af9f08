"""The search page at /search/."""

import sqlite3

from django.db import OperationalError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.models import Page

from caching.versioned_cache import cached
from media.models import load_renditions
from publishing.visibility import published_pages
from safeguarding.outlets import may_be_used
from search.danger import find_danger
from search.excerpts import Highlighter, find_shown_pictures, iter_page_texts
from search.finding import find_in_other_languages, find_or_fall_back
from search.forms import SearchForm, SortOrder
from search.missed import count_missed_search
from search.parsing import iter_phrases
from search.promotions import find_promotions
from search.similar_words import find_similar_words
from stories.listing import StoryListing
from stories.models import StoryIndexPage, StoryPage
from stories.querysets import TOP_INDEX_DEPTH
from stories.terms import fold


# No cache on the way may keep what somebody typed, or a page that is withdrawn.
@cache_control(private=True)
@require_safe
def search(request):
    """View of the search page. If the database ends a search that takes too long, the page says so."""
    form = SearchForm(request.GET)
    form.is_valid()  # It sets `errors`, and `cleaned_data` to what is valid.
    try:
        response = render(request, "search/search.html", get_context(request, form))
    except OperationalError as error:
        if not is_timeout(error):
            raise
        words = form.cleaned_data.get("q", "")
        form.add_error("q", _("This search took too long. Please try fewer words, or less common ones."))
        context = {"form": form, "words": words, "asks_for_help": find_danger(words)}
        context["newest"] = StoryPage.objects.none()
        response = render(request, "search/search.html", context, status=503)
        response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def is_timeout(error):
    """Return whether the database ended a statement that took too long.

    `error`: an OperationalError.
    """
    cause = error.__cause__
    is_canceled = getattr(cause, "sqlstate", None) == "57014"  # PostgreSQL's query_canceled
    return is_canceled or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT


def get_context(request, form):
    """Return the context of the search page for `form`, a SearchForm after is_valid()."""
    words = form.cleaned_data.get("q", "")
    found = find_or_fall_back(form)
    # The form may refuse the words, if they are too many.
    asks_for_help = found.vocabulary.asks_for_help(request.GET.get("q", ""))
    results = found.get_page(request.GET.get("page"))
    add_locations(results)
    shown_pictures = find_shown_pictures(results)
    add_excerpts(results, Highlighter(found.query, found.language), shown_pictures)
    add_pictures(results, shown_pictures)
    # found.filters can have a typed year, too.
    is_unfiltered_first_page = request.GET.get("page", "1") == "1" and not form.filters
    # No page has all the typed words.
    is_missed = found.is_fallback or not found.rows
    if words and is_unfiltered_first_page and is_missed and not asks_for_help:
        count_missed_search(words)
    # When the typed words find something, they are not corrected.
    corrections = found.offered_corrections if is_missed else []
    context = {
        "form": form,
        "search": found,
        "words": words,
        "results": results,
        "promotions": find_promotions(words, found.language) if is_unfiltered_first_page else [],
        "asks_for_help": asks_for_help,
        # Terms that bring a line with a link: see search.html.
        "meant": {fold(phrase.label) for phrase in iter_phrases(found.query)},
        "other_languages": []
        if asks_for_help or not is_unfiltered_first_page
        else find_in_other_languages(found),
        "similar_words": {} if asks_for_help else find_similar_words(found.query, found.language),
        "corrections": [(found.query_string(q=other.text), other.text) for other in corrections],
        # In the order of the page: label, query string, and whether the results have this order.
        "sort_choices": [
            (order.label, found.query_string(sort=order.value), order == form.cleaned_data.get("sort", ""))
            for order in SortOrder
        ],
        "exact_query_string": found.query_string(exact="1"),
        "expanded_query_string": found.query_string(exact=None),
        "unfiltered_query_string": found.query_string(**dict.fromkeys(found.filters)),
    }
    if not results:
        context |= get_alternatives(found.locale, request)
    context["may_ask"] = "donate" in context["meant"] and not asks_for_help and may_ask(context)
    return context


def may_ask(context):
    """Return whether the line that asks for support may be there: everybody in the stories has to agree.

    `context`: that of the search page.
    """
    others = (page for _code, _number, pages in context["other_languages"] for page in pages)
    shown = [*context["results"], *context.get("newest", []), *others]
    return all(may_be_used(page, "beside donations") for page in shown)


def add_locations(pages):
    """Set the `location` of each of `pages`: the titles of the public pages above it, from the top."""
    step = Page.steplen
    # Without the root and the home page, which are above every page.
    shown = [page.path for page in pages]
    ancestors = {path: [path[:end] for end in range(3 * step, len(path), step)] for path in shown}
    paths = {path for page_ancestors in ancestors.values() for path in page_ancestors}
    titles = cached.many("titles", paths, load_titles)
    for page in pages:
        page.location = " › ".join(titles[path] for path in ancestors[page.path] if path in titles)


def load_titles(paths):
    """Return {path in the page tree: title} of the public pages with `paths`."""
    return dict(published_pages().filter(path__in=paths).values_list("path", "title"))


def add_pictures(pages, shown_pictures):
    """Set the `picture` of each of `pages`: its lead image as HTML, or None if it may not be shown."""

    def render_pictures(keys):
        load_renditions([shown_pictures[key] for key in keys])
        return {key: render_to_string("search/picture.html", {"image": shown_pictures[key]}) for key in keys}

    leads = {page: getattr(page, "lead_image_id", None) for page in pages}
    html = cached.many("pictures in results", shown_pictures.keys() & leads.values(), render_pictures)
    for page, key in leads.items():
        page.picture = html.get(key)


def add_excerpts(pages, highlighter, shown_pictures):
    """Set the `highlighted_title` and the `excerpt` of each of `pages`, as HTML.

    The excerpt is from the first text with a match. A page that has none, because it was found by its
    country for example, gets its summary.
    """
    for page in pages:
        # The title of a home page is “Home”, so its headline is shown.
        page.highlighted_title = highlighter.highlight(getattr(page, "headline", "") or page.title)
        excerpts = map(highlighter.excerpt, iter_page_texts(page, shown_pictures))
        page.excerpt = next(filter(None, excerpts), "") or escape(page.plain_summary)


def get_alternatives(locale, request):
    """Return the context for a page without results: the newest stories, countries and themes."""
    stories = StoryPage.objects.filter(locale=locale)
    context = {"newest": stories.published().newest_first().for_cards()[:3]}
    index = published_pages().type(StoryIndexPage).filter(locale=locale, depth=TOP_INDEX_DEPTH).first()
    if index:
        context["browse"] = StoryListing(stories.below(index), {}, index)
        context["browse_url"] = index.get_url(request)
    return context
