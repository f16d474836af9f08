"""Which pages are public: `published()` for querysets; `is_published()` and `restrictions_on()` for one page.

A page is public if it is live, not hidden, and released: everybody in it has agreed to what it shows
(safeguarding/releases.py). It is hidden if it has a view restriction, if a condition of
publishing/conditions.py withholds it, or if its parent page is hidden. The path of a page begins with the
paths of the pages above it. docs/decisions/public-pages.md says why Wagtail's own methods are not enough.
"""

from itertools import groupby

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, Substr
from django.db.models.lookups import In
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from caching.versioned_cache import cached, current_version, in_transaction
from publishing.conditions import WITHHELD
from safeguarding.releases import is_page_released, is_released

# With more hidden paths than this, a query finds them itself instead of naming them as parameters. SQLite
# takes 32,766 parameters in a query.
MAX_PATHS = 5000

RESTRICTED = "SELECT page_id FROM wagtailcore_pageviewrestriction"
HIDDEN = f"{RESTRICTED} UNION ALL {WITHHELD}"


class PublishedQuerySet(PageQuerySet):
    """Wagtail's queryset of pages with `published`, which every public query uses."""

    def published(self, few=False):
        """Return the pages that every visitor may see: live pages that are released and not hidden.

        `few`: whether only few pages meet the other conditions of the query, or only the first of its
        results are read. It is then quicker. The pages are the same.
        """
        return self.live().released(few).public()

    def released(self, few):
        """Return the pages that show nothing of people that they have not agreed to.

        `few`: as for `published`.
        """
        return self.filter(is_released(few))

    def public(self):
        """Exclude hidden pages."""
        return self.outside(hidden_roots)

    def with_address(self):
        """Return the pages that answer at their address: public ones, and private ones, with a login."""
        return self.live().released(few=True).outside(withheld_roots)

    def outside(self, find_roots):
        """Exclude the pages that `find_roots`, a function, returns, and their descendants."""
        paths = get_paths(find_roots)
        if paths is None or len(paths) > MAX_PATHS:
            return self.exclude(is_in_subtree(find_roots()))
        return self.exclude(is_at_or_below(paths))


def hidden_roots():
    """Return the pages at the top of what is hidden. Their descendants are hidden too."""
    return Page.objects.filter(pk__in=RawSQL(HIDDEN, ()))  # noqa: S611 - it has no parameters


def withheld_roots():
    """Return the pages at the top of what publishing/conditions.py withholds."""
    return Page.objects.filter(pk__in=RawSQL(WITHHELD, ()))  # noqa: S611 - it has no parameters


def get_paths(find_roots):
    """Return the cached paths of the pages that `find_roots`, one of the two functions above, returns.

    None within a transaction, which may still change them.
    """
    if in_transaction():
        return None
    return cached(find_roots, lambda: list(find_roots().values_list("path", flat=True)), current_version())


def is_in_subtree(roots):
    """Return the condition that a page is one of `roots`, or a descendant.

    The query selects `roots` by primary key. With a join, SQLite, which has no statistics, would read all
    pages again for each page.
    """
    return Exists(roots.filter(path=Substr(OuterRef("path"), 1, Length("path"))))


def is_at_or_below(paths):
    """Return the condition that the path of a page is one of `paths`, a list, or begins with one."""
    condition = Q(pk__in=[])
    # One condition for each depth of the tree.
    for length, same_length in groupby(sorted(paths, key=len), len):
        condition |= Q(In(Substr("path", 1, length), list(same_length)))
    return condition


def is_hidden(page):
    """Return whether `page` is hidden. At most one query."""
    return is_below(page, hidden_roots)


def is_below(page, find_roots):
    """Return whether `page` is one of the pages that `find_roots`, a function, returns, or below one."""
    paths = get_paths(find_roots)
    if paths is None:
        return find_roots().ancestor_of(page, inclusive=True).exists()
    return page.path.startswith(tuple(paths))


def is_published(page):
    """Return whether every visitor may see `page`. At most two queries."""
    return page.live and not is_hidden(page) and is_page_released(page)


def is_held_back(page):
    """Return whether the live `page` is kept from readers because of the people in it. At most one query.

    The root of the tree is no page that readers see, so it is never released.
    """
    if page.is_root():
        return False
    if in_transaction():
        return not is_page_released(page)
    return page.pk in cached("held back", find_held_back_keys, current_version())


def find_held_back_keys():
    """Return the set of the primary keys of the live pages that are held back."""
    return set(Page.objects.live().filter(~is_released()).values_list("pk", flat=True))


def restrictions_on(page):
    """Return a queryset of the PageViewRestrictions that hide `page`.

    At most one query if the hidden paths are cached. Every page type has it as its method
    `get_view_restrictions`. Wagtail's own method takes two queries.
    """
    if is_known_as_not_hidden(page):
        return PageViewRestriction.objects.none()
    return PageViewRestriction.objects.filter(page__in=Page.objects.ancestor_of(page, inclusive=True))


def is_withdrawn(page):
    """Return whether `page` is for nobody: it is not released, or publishing/conditions.py withholds it.

    One query if the hidden paths are cached.
    """
    if is_known_as_not_hidden(page):
        return not is_page_released(page)
    is_withheld = Exists(withheld_roots().ancestor_of(page, inclusive=True))
    return Page.objects.filter(~is_released() | Q(is_withheld), pk=page.pk).exists()


def is_withheld(page):
    """Return whether a condition of publishing/conditions.py hides `page`. At most one query.

    Outside of a transaction, the pages of a list take one query together.
    """
    return is_below(page, withheld_roots)


def is_known_as_not_hidden(page):
    return not in_transaction() and not is_hidden(page)


def published_pages(few=False):
    """Return the public pages of every type. `few`: as for `published`."""
    return PublishedQuerySet(Page).published(few)
