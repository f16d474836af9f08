"""Menu, breadcrumbs and section menu, all from the page tree with one look-up."""

from dataclasses import dataclass, field

from django.db.models import Q
from wagtail.models import Page

from home.models import HomePage, StandardPage
from media.visibility import published_pages
from stories.models import StoryIndexPage

# The section menu shows two levels below the page that opens the section.
SECTION_DEPTH = 2


@dataclass
class Navigation:
    """Pages to link to; each has `href`, `is_current` and, above the current page, `is_open`."""

    home: HomePage | None = None
    menu: list[Page] = field(default_factory=list)
    breadcrumbs: list[Page] = field(default_factory=list)
    section: list[Page] = field(default_factory=list)
    help_page: Page | None = None


def build_navigation(request, current=None):
    """Return the navigation of a page that shows `current`, or none of the tree (search, 404).

    Only live, public pages are ever in it; the ancestors that a reader may not see are left out.
    """
    home = HomePage.for_request(request)
    if home is None:
        return Navigation()
    path = current.path if current else ""
    depth = home.depth
    opener = path[: (depth + 1) * Page.steplen]
    in_menu = Q(path__startswith=home.path, depth=depth + 1, show_in_menus=True)
    # A preview of a new page has no path yet.
    above = [path[:end] for end in range(home.depth * Page.steplen, len(path), Page.steplen)]
    is_ancestor = Q(path__in=above)
    in_section = Q(pk__in=[])
    if len(opener) > len(home.path):
        in_section = Q(path__startswith=opener, depth__lte=depth + 1 + SECTION_DEPTH) & Q(
            pk__in=Page.objects.type(StandardPage, StoryIndexPage)
        )
    is_help = Q(pk=home.help_page_id)
    pages = list(published_pages().filter(in_menu | is_ancestor | in_section | is_help).order_by("path"))
    for page in pages:
        page.href = page.get_url(request)
        page.is_current = page.path == path
        page.is_open = path.startswith(page.path)
    section = [page for page in pages if opener and page.path.startswith(opener) and page.depth > depth]
    return Navigation(
        home=home,
        menu=[p for p in pages if p.depth == depth + 1 and p.show_in_menus],
        breadcrumbs=[p for p in pages if p.path in above],
        section=section if len(section) > 1 else [],
        help_page=next((p for p in pages if p.pk == home.help_page_id), None),
    )
