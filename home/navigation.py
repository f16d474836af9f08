"""The menus of a page: main menu, breadcrumbs, section menu, and links to the page in other languages.

All come from the page tree.
"""

from copy import copy
from dataclasses import dataclass, field
from functools import partial, wraps

from django.conf import settings
from django.db.models import F, Q
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from wagtail.models import Page, Site

from caching.versioned_cache import cached
from home.models import HomePage
from publishing.pages import page_types
from publishing.visibility import published_pages
from safeguarding.releases import is_held
from stories.languages import CONTENT_LANGUAGES
from stories.models import StoryPage
from stories.terms import Theme

# How many levels the section menu shows below its top page, which is a child of the home page.
SECTION_MENU_DEPTH = 2


def use_cached_home_page(view):
    """Decorate Wagtail's page view, so that it takes the site and the home page from the cache.

    find_home_page() puts both on the request, where Wagtail finds the site.
    """

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        find_home_page(request)
        return view(request, *args, **kwargs)

    return wrapper


def find_home_page(request):
    """Return the home page in the language of `request`; None if there is no site for its host.

    The site and the home page come from the cache. The result is stored on the request, as is the site.
    """
    if not hasattr(request, "home_page"):
        # Wagtail finds the site by the host and the server's own port. The header Host could have any port.
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        key = "home", host, request.get_port(), get_language()
        # The request gets copies, because all requests share the cached objects.
        request._wagtail_site, home_page = cached(key, partial(find_site_and_home_page, request))
        request.home_page = copy(home_page)
        if home_page:
            # Wagtail starts at the root page of the site to route a path: it needs no query for it then.
            request._wagtail_site = copy(request._wagtail_site)
            request._wagtail_site.root_page = request.home_page
    return request.home_page


def find_site_and_home_page(request):
    """Return the Site of `request` and its home page, from the database; (None, None) without a site.

    It is the live home page in the language of `request`, else the root page of the site.
    """
    site = Site.find_for_request(request)
    if site is None:
        return None, None
    root = site.root_page
    translations = HomePage.objects.filter(
        Q(live=True) | Q(pk=root.pk), translation_key=root.translation_key
    ).select_related("locale", "release")
    by_language = {page.locale.language_code: page for page in translations}
    by_pk = {page.pk: page for page in by_language.values()}
    return site, by_language.get(get_language()) or by_pk.get(root.pk)


@dataclass
class Navigation:
    """The pages to link to. All except `home` are public, and have `href`, their URL.

    * `home`: the home page in the language of the request. None without a site, and while it is held,
      because of the people in it. If it is hidden, its texts are only for readers of the pages below it: it
      is None then for a response without a page.
    * `menu` and `footer`: the main menu, and the links at the foot of every page.
    * `breadcrumbs`: the home page, and the pages between it and the current page.
    * `section`: the child of the home page that the current page is in, and pages below that child.
    * `languages`: the current page and its translations, in the order of the settings, or the home pages if
      no page is shown. On the search page they lead to the same search in each language, on the list of a
      country or theme to that list in each language that has one. Empty without a translation.
    * `homes`: for a page without a translation, the home pages, in the order of the settings. Otherwise, and
      on a site with one home page, empty.
    * `help_page`: the page that the home page names as such, or None.

    All but `home`, `languages` and `homes` also have two booleans: `is_current`, and `is_open`, which is true
    for the current page and its ancestors.
    """

    home: HomePage | None = None
    menu: list[Page] = field(default_factory=list)
    footer: list[Page] = field(default_factory=list)
    breadcrumbs: list[Page] = field(default_factory=list)
    section: list[Page] = field(default_factory=list)
    languages: list[Page] = field(default_factory=list)
    homes: list[Page] = field(default_factory=list)
    help_page: Page | None = None


def build_navigation(request, current=None, listing=None):
    """Return the Navigation for the page `current`, or for a response without a page (search, 404).

    `listing`: the StoryListing of an index page. The Navigation has public pages only, so ancestors that a
    visitor may not see are left out.
    """
    home = find_home_page(request)
    if home is None:
        return Navigation()
    path = current.path if current else ""
    # A path in the tree has Page.steplen characters for each level, so it begins with the path of the parent.
    # A new page in the preview has no path.
    #
    # The path of the child of the home page that `current` is in, or is itself.
    section_path = path[: (home.depth + 1) * Page.steplen]
    # The paths of the home page and of the pages between it and `current`.
    ancestor_paths = [path[:end] for end in range(home.depth * Page.steplen, len(path), Page.steplen)]
    is_below_home = len(section_path) > len(home.path)
    max_depth = home.depth + 1 + SECTION_MENU_DEPTH
    site = Site.find_for_request(request)
    navigation_pages = cached(("navigation", site.pk, home.pk), partial(find_navigation_pages, home, request))
    is_public = any(page.pk == home.pk for page in navigation_pages)
    # Copies, which get attributes below: all requests share the cached pages.
    pages = [
        copy(page)
        for page in navigation_pages
        if is_child(page, home)
        or page.path in ancestor_paths
        or page.pk == home.help_page_id
        or (is_below_home and page.path.startswith(section_path) and page.depth <= max_depth)
    ]
    # A page of the first language that is not translated yet is better than none.
    in_footer = sorted(navigation_pages, key=lambda page: page.locale_id == home.locale_id)
    by_translation = {page.translation_key: page for page in in_footer if page.in_footer}
    footer = [copy(page) for page in by_translation.values()]
    homes = [page for page in navigation_pages if page.translation_key == home.translation_key]
    languages = find_translations(current or home, homes, request)
    if current is None and request.resolver_match and request.resolver_match.url_name == "search":
        languages = [as_search_link(page, request) for page in languages]
    elif listing and listing.term:
        languages = [as_term_link(page, listing) for page in languages]
    for page in [*pages, *footer]:
        page.is_current = page.path == path
        page.is_open = path.startswith(page.path)
    section = [page for page in pages if is_below_home and page.path.startswith(section_path)]
    return Navigation(
        home=home if is_public or (current and not is_held(home)) else None,
        menu=[page for page in pages if is_child(page, home) and page.show_in_menus],
        footer=footer,
        breadcrumbs=[page for page in pages if page.path in ancestor_paths],
        section=section if len(section) > 1 else [],  # not a menu with the top page alone
        languages=languages,
        homes=[] if languages else in_languages(homes, home.locale_id),
        help_page=next((page for page in pages if page.pk == home.help_page_id), None),
    )


def as_search_link(home, request):
    """Return a copy of the home page `home` whose `href` is the search of `request` in its language."""
    link, parameters = copy(home), request.GET.copy()
    # In other languages, themes have other slugs, and the results have another number of pages.
    for name in ("theme", "page"):
        parameters.pop(name, None)
    with translation.override(home.locale.language_code):
        link.href = f"{reverse('search')}?{parameters.urlencode()}".removesuffix("?")
    return link


def as_term_link(index, listing):
    """Return a copy of `index` that leads to the list of the term of `listing` in its language."""
    link = copy(index)
    key = "term path", index.pk, *listing.cache_key
    link.href += cached(key, partial(find_term_path, listing.term, index))
    return link


def find_term_path(term, index):
    """Return the path below `index` of the list of `term`, a Country or Theme; "" without a story there."""
    name = term._meta.model_name
    if isinstance(term, Theme):
        term = term.get_translation_or_none(index.locale)
    stories = StoryPage.objects.published().below(index)
    return f"{name}/{term.slug}/" if term and stories.with_term(name, term).exists() else ""


def find_navigation_pages(home, request):
    """Return the public pages below `home` of types in the navigation, its help page, and all home pages."""
    types = [each for each in page_types() if each.in_navigation]
    is_below = Q(path__startswith=home.path) & Page.objects.type_q(*types)
    others = Q(pk=home.help_page_id) | Q(translation_key=home.translation_key)
    others |= Q(standardpage__in_footer=True, locale__language_code=settings.LANGUAGE_CODE)
    pages = published_pages().filter(is_below | others)
    return load_with_urls(pages.annotate(in_footer=F("standardpage__in_footer")), request)


def load_with_urls(pages, request):
    """Return the queryset `pages` as a list in the order of the tree. Each page gets its URL as `href`."""
    pages = list(pages.select_related("locale").order_by("path"))
    for page in pages:
        page.href = page.get_url(request)
    return pages


def is_child(page, home):
    return page.path[: -Page.steplen] == home.path


def find_translations(current, homes, request):
    """Return `current` and its translations, as far as they are public; [] if it has no translation.

    `homes`: the public home pages. Languages without one are left out, because their pages have no URL.
    """
    pages, public_locales = homes, {page.locale_id for page in homes}
    if public_locales <= {current.locale_id}:
        return []  # a site in one language needs no query for translations
    # The translations of a home page are `homes`.
    if all(page.translation_key != current.translation_key for page in homes):
        found = published_pages().filter(translation_key=current.translation_key, locale__in=public_locales)
        pages = load_with_urls(found, request)
    return in_languages(pages, current.locale_id)


def in_languages(pages, locale_id):
    """Return `pages` in the order of the languages in the settings; [] if all have the locale `locale_id`."""
    by_language = {page.locale.language_code: page for page in pages}
    if all(page.locale_id == locale_id for page in by_language.values()):
        return []
    return [by_language[code] for code in CONTENT_LANGUAGES if code in by_language]
