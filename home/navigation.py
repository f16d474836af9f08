"""Menu, breadcrumbs, section menu and other languages, all from the page tree with one look-up, or two."""

from copy import copy
from dataclasses import dataclass, field
from functools import partial, wraps

from django.db.models import Q
from wagtail.models import Page, Site

from caching.generation import kept
from home.models import HomePage, StandardPage
from publishing.visibility import published_pages
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryIndexPage

# The section menu shows two levels below the page that opens the section.
SECTION_DEPTH = 2


def find_home(view):
    """Decorate Wagtail's view of pages to look up site and home page our way, which keeps them."""

    @wraps(view)
    def found(request, *arguments, **named):
        HomePage.for_request(request)
        return view(request, *arguments, **named)

    return found


@dataclass
class Navigation:
    """Pages to link to; each has `href`, `is_current` and, above the current page, `is_open`.

    `languages`: the current page in each language that has it, in the order of the settings. Where what
    is shown is none of the tree, the home pages. Empty when there is no other language.
    """

    home: HomePage | None = None
    menu: list[Page] = field(default_factory=list)
    breadcrumbs: list[Page] = field(default_factory=list)
    section: list[Page] = field(default_factory=list)
    languages: list[Page] = field(default_factory=list)
    help_page: Page | None = None


def build_navigation(request, current=None):
    """Return the navigation of a page that shows `current`, or none of the tree (search, 404).

    Only live, public pages are ever in it; the ancestors that a reader may not see are left out.
    """
    home = HomePage.for_request(request)
    if home is None:
        return Navigation()
    path = current.path if current else ""
    opener = path[: (home.depth + 1) * Page.steplen]
    # A preview of a new page has no path yet.
    above = [path[:end] for end in range(home.depth * Page.steplen, len(path), Page.steplen)]
    is_below_home = len(opener) > len(home.path)
    site = Site.find_for_request(request)
    frame = kept(("frame", site.pk, home.pk), partial(find_frame, home, request))
    pages = [
        copy(page)
        for page in frame
        if is_in_menu(page, home)
        or page.path in above
        or page.pk == home.help_page_id
        or (is_below_home and page.path.startswith(opener) and page.depth <= home.depth + 1 + SECTION_DEPTH)
    ]
    languages = find_versions(current or home, home, frame, request)
    for page in pages:
        page.is_current = page.path == path
        page.is_open = path.startswith(page.path)
    section = [page for page in pages if opener and page.path.startswith(opener) and page.depth > home.depth]
    return Navigation(
        home=home,
        menu=[page for page in pages if is_in_menu(page, home)],
        breadcrumbs=[page for page in pages if page.path in above],
        section=section if len(section) > 1 else [],
        languages=languages,
        help_page=next((page for page in pages if page.pk == home.help_page_id), None),
    )


def find_frame(home, request):
    """Return all that is no story: below `home`, the help page, and the home pages of all languages."""
    is_below = Q(path__startswith=home.path, pk__in=Page.objects.type(StandardPage, StoryIndexPage))
    others = Q(pk=home.help_page_id) | Q(translation_key=home.translation_key)
    return with_addresses(published_pages().filter(is_below | others), request)


def with_addresses(pages, request):
    pages = list(pages.select_related("locale").order_by("path"))
    for page in pages:
        page.href = page.get_url(request)
    return pages


def is_in_menu(page, home):
    return page.show_in_menus and page.path[: -Page.steplen] == home.path


def find_versions(shown, home, frame, request):
    """Return the page `shown` in each language; none if there is no other language.

    An alias shows the words of its source: it is no translation. Where the home page of a language is not
    public, no page in that language has an address.
    """
    versions = [page for page in frame if page.translation_key == home.translation_key]
    languages = {page.locale_id for page in versions}
    if languages <= {shown.locale_id}:
        return []
    if shown.translation_key != home.translation_key:
        own = published_pages().filter(translation_key=shown.translation_key, locale__in=languages)
        versions = with_addresses(own, request)
    found = {page.locale.language_code: page for page in versions if page.alias_of_id is None}
    is_elsewhere = any(page.locale_id != shown.locale_id for page in found.values())
    return [found[code] for code in CONTENT_LANGUAGES if code in found] if is_elsewhere else []
