from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Locale, Page

from media.visibility import published_pages
from search.forms import SearchForm
from stories.models import StoryPage

RESULTS_PER_PAGE = 10


def find_pages(words):
    """Return the public pages in the reader's language that hold all `words`, the best first."""
    # Wagtail's search reads the filters of a queryset, and can't read those of published_pages().
    pages = Page.objects.filter(pk__in=published_pages(), locale=Locale.get_active()).specific()
    return pages.search(words, operator="and") if words else pages.none()


def add_places(pages):
    """Give each of `pages` a `place`: the titles of the public pages above it, from the top."""
    step = Page.steplen
    # Root and home are above every page: they tell nothing.
    above = {p.path: [p.path[:end] for end in range(3 * step, len(p.path), step)] for p in pages}
    paths = {path for paths in above.values() for path in paths}
    titles = dict(published_pages().filter(path__in=paths).values_list("path", "title"))
    for page in pages:
        page.place = " › ".join(titles[path] for path in above[page.path] if path in titles)


@require_safe
def search(request):
    form = SearchForm(request.GET)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    results = Paginator(find_pages(words), RESULTS_PER_PAGE).get_page(request.GET.get("page"))
    add_places(results)
    stories = [page for page in results if isinstance(page, StoryPage)]
    prefetch_related_objects(stories, "lead_image__renditions")
    context = {"form": form, "words": words, "query": urlencode({"q": words}), "results": results}
    if not results:
        context["newest"] = (
            StoryPage.objects.published().filter(locale=Locale.get_active()).newest_first().for_cards()[:3]
        )
    response = render(request, "search/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
