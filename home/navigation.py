"""Menu, breadcrumbs, section menu and other languages, all from the page tree with one look-up."""

from dataclasses import dataclass, field

from django.db.models import Q
from wagtail.models import Page

from home.models import HomePage, StandardPage
from media.visibility import published_pages
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryIndexPage

# The section menu shows two levels below the page that opens the section.
SECTION_DEPTH = 2


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
    shown = current or home
    is_version = Q(translation_key__in={shown.translation_key, home.translation_key})
    wanted = in_menu | is_ancestor | in_section | is_help | is_version
    pages = list(published_pages().filter(wanted).select_related("locale").order_by("path"))
    for page in pages:
        page.href = page.get_url(request)
        page.is_current = page.path == path
        page.is_open = path.startswith(page.path)
    section = [page for page in pages if opener and page.path.startswith(opener) and page.depth > depth]
    return Navigation(
        home=home,
        menu=[p for p in pages if p.path[: -Page.steplen] == home.path and p.show_in_menus],
        breadcrumbs=[p for p in pages if p.path in above],
        section=section if len(section) > 1 else [],
        languages=versions_among(pages, shown, home),
        help_page=next((p for p in pages if p.pk == home.help_page_id), None),
    )


def versions_among(pages, shown, home):
    """Return those of `pages` that are the page `shown`, one a language; none if there is no other language.

    An alias shows the words of its source: it is no translation. Where the home page of a language is not
    public, no page in that language has an address.
    """
    open_languages = {page.locale_id for page in pages if page.translation_key == home.translation_key}
    versions = {
        page.locale.language_code: page
        for page in pages
        if page.translation_key == shown.translation_key
        and page.alias_of_id is None
        and page.locale_id in open_languages
    }
    is_elsewhere = any(page.locale_id != shown.locale_id for page in versions.values())
    return [versions[code] for code in CONTENT_LANGUAGES if code in versions] if is_elsewhere else []
