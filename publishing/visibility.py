"""Which pages are public: `published()` for querysets; `is_published()` and `restrictions_on()` for one page.

A page is public if it is live, not hidden, and not held: everybody in it has agreed to what it shows
(safeguarding/releases.py). It is hidden if it has a view restriction, if a condition of
publishing/conditions.py hides it, or if its parent page is hidden. The path of a page begins with the
paths of the pages above it. docs/decisions/public-pages.md says why Wagtail's own methods are not enough.
"""

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, Substr
from django.db.models.lookups import In
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from caching.versioned_cache import cached, current_version, in_transaction
from publishing.conditions import HIDDEN
from publishing.in_list import InList
from safeguarding.releases import is_held, not_held

RESTRICTED = "SELECT page_id FROM wagtailcore_pageviewrestriction"
CLOSED = f"{RESTRICTED} UNION ALL {HIDDEN}"


class PublishedQuerySet(PageQuerySet):
    """Wagtail's queryset of pages with `published`, which every public query uses."""

    def published(self, few=False):
        """Return the pages that every visitor may see: live pages that are neither hidden nor held.

        `few`: whether only few pages meet the other conditions of the query, or only the first of its
        results are read. It is then quicker. The pages are the same.
        """
        return self.live().filter(not_held(few)).outside(closed_roots)

    def with_address(self):
        """Return the pages that answer at their address: public ones, and private ones, with a login."""
        return self.live().filter(not_held(few=True)).outside(hidden_roots)

    def outside(self, find_roots):
        """Exclude the pages that `find_roots`, a function, returns, and their descendants."""
        return self.exclude(is_below(find_roots))


def closed_roots():
    """Return the pages at the top of what is closed: hidden, or private. Their descendants are closed too."""
    return Page.objects.filter(pk__in=RawSQL(CLOSED, ()))  # noqa: S611 - it has no parameters


def hidden_roots():
    """Return the pages at the top of what publishing/conditions.py hides."""
    return Page.objects.filter(pk__in=RawSQL(HIDDEN, ()))  # noqa: S611 - it has no parameters


def get_roots(find_roots):
    """Return {primary key: path} of the pages that `find_roots`, a function, returns.

    It is cached outside of transactions. A page has another path as soon as a page beside it is moved or
    sorted. So the keys tell what is hidden from readers, and the paths only what the admin says of it.
    """
    return cached(find_roots, lambda: dict(find_roots().values_list("pk", "path")), current_version())


def is_below(find_roots):
    """Return the condition that a page is one that `find_roots`, a function, returns, or below one."""
    if in_transaction():  # which may still change them
        # By primary key. With a join, SQLite, which has no statistics, reads all pages again for each page.
        return Exists(find_roots().filter(path=Substr(OuterRef("path"), 1, Length("path"))))
    roots = get_roots(find_roots)
    if not roots:
        return Q(pk__in=[])
    is_root = Q(InList(F("pk"), list(roots)))
    condition, paths = is_root, Page.objects.filter(is_root).values("path")
    # One condition for each depth of the tree. A page that is being moved may get two levels deeper, or come
    # right below a home page, at depth 3.
    lengths = [3 * Page.steplen, *map(len, roots.values())]
    for length in range(min(lengths), max(lengths) + 2 * Page.steplen + 1, Page.steplen):
        condition |= Q(In(Substr("path", 1, length), paths))
    return condition


def is_known_below(page, find_roots):
    """Return whether `page` is one of the pages that `find_roots`, a function, returns, or below one.

    The pages of a list take one query together. The answer may be wrong while a page beside it is moved.
    """
    return page.path.startswith(tuple(get_roots(find_roots).values()))


def is_published(page):
    """Return whether every visitor may see `page`."""
    return published_pages(few=True).filter(pk=page.pk).exists()


def is_known_held(page):
    """Return whether the live `page` is kept from readers because of the people in it. At most one query.

    The root of the tree is no page that readers see, so it is never held.
    """
    if page.is_root():
        return False
    if in_transaction():
        return is_held(page)
    keys = Page.objects.live().filter(~not_held()).values_list("pk", flat=True)
    return page.pk in cached("held", lambda: set(keys), current_version())


def restrictions_on(page):
    """Return a queryset of the PageViewRestrictions that hide `page`.

    Every page type has it as its method `get_view_restrictions`. Wagtail's own method compares the path that
    `page` had when it was loaded.
    """
    loaded = Page.objects.filter(pk=page.pk, path__startswith=OuterRef("page__path"))
    return PageViewRestriction.objects.filter(Exists(loaded))


def is_hidden_or_held(page):
    """Return whether `page` is for nobody: it is held, or publishing/conditions.py hides it."""
    return Page.objects.filter(~not_held() | is_below(hidden_roots), pk=page.pk).exists()


def is_known_hidden(page):
    """Return whether a condition of publishing/conditions.py hides `page`, for the admin.

    Queries and limits are those of is_known_below().
    """
    return is_known_below(page, hidden_roots)


def published_pages(few=False):
    """Return the public pages of every type. `few`: as for `published`."""
    return PublishedQuerySet(Page).published(few)
