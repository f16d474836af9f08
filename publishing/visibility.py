"""Which pages everybody may see.

A page is hidden if it has a view restriction, if the page above it is hidden, or if it is an alias of a
hidden page. Aliases can be aliases of aliases, so both questions are recursive queries: `published` begins
with the restricted pages, `restrictions_on` with one page.
docs/decisions/public-pages.md says why Wagtail's own methods are not enough.
"""

from collections import defaultdict

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length, Substr
from django.db.models.lookups import In
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from caching.content_version import content_version
from caching.versioned_cache import cached, in_transaction, request_version

# With more hidden paths than these, the database finds them itself. SQLite takes 32,766 parameters a query.
MOST_PATHS = 5000

# The restricted pages, the aliases of these and of the pages below them, the aliases of those, and so on.
# UNION drops what was found before, so a loop of aliases ends.
HIDDEN_ROOTS = """
WITH RECURSIVE aliases AS MATERIALIZED (
    SELECT alias.id, alias.path, source.path AS source FROM wagtailcore_page alias
    JOIN wagtailcore_page source ON source.id = alias.alias_of_id
    WHERE alias.alias_of_id IS NOT NULL
), hidden(id, path) AS (
    SELECT page.id, page.path FROM wagtailcore_page page
    WHERE page.id IN (SELECT page_id FROM wagtailcore_pageviewrestriction)
    UNION
    SELECT aliases.id, aliases.path FROM hidden
    JOIN aliases ON hidden.path = SUBSTR(aliases.source, 1, LENGTH(hidden.path))
)
SELECT id FROM hidden
"""

# The page with the given path, the sources of all aliases among it and the pages above it, and so on.
SOURCES = """
WITH RECURSIVE shown(path) AS (
    SELECT path FROM wagtailcore_page WHERE path = %s
    UNION
    SELECT source.path FROM shown
    JOIN wagtailcore_page alias
        ON alias.alias_of_id IS NOT NULL AND alias.path = SUBSTR(shown.path, 1, LENGTH(alias.path))
    JOIN wagtailcore_page source ON source.id = alias.alias_of_id
)
SELECT path FROM shown
"""


class PublishedQuerySet(PageQuerySet):
    """Wagtail's pages, with the one word that every public query uses."""

    def published(self):
        """Return only what every visitor may see: no draft, nothing unpublished, no hidden page."""
        return self.live().public()

    def public(self):
        """Leave out hidden pages, within the query itself."""
        paths = known_paths()
        if paths is None or len(paths) > MOST_PATHS:
            return self.exclude(is_in(hidden_roots()))
        by_length = defaultdict(list)
        for path in paths:
            by_length[len(path)].append(path)
        pages = self
        for length, same_length in by_length.items():
            pages = pages.exclude(In(Substr("path", 1, length), same_length))
        return pages


def hidden_roots():
    """Return the pages that are hidden for a reason of their own. All below them is hidden too."""
    return Page.objects.filter(pk__in=RawSQL(HIDDEN_ROOTS, ()))  # noqa: S611 - it has no parameters


def known_paths():
    """Return the paths of `hidden_roots`; None in a transaction, which may still change them."""
    if in_transaction():
        return None
    return cached("hidden paths", find_paths, request_version.get() or content_version.read())


def find_paths():
    return list(hidden_roots().values_list("path", flat=True))


def is_in(roots, path="path"):
    """Return the condition that a page, whose path is in the field `path`, is one of `roots` or below it.

    `roots` are found by keys, and not by joins: SQLite, which keeps no statistics, would begin a join
    with all pages, once more for each page.
    """
    return Exists(roots.order_by().filter(path=Substr(OuterRef(path), 1, Length("path"))))


def restrictions_on(page):
    """Return the restrictions that hide `page`: the `get_view_restrictions` of every page type.

    One query at most. Wagtail's own method takes more, and does not look above the source of an alias.
    """
    paths = known_paths()
    if paths is not None and not page.path.startswith(tuple(paths)):
        return PageViewRestriction.objects.none()
    sources = Page.objects.filter(path__in=RawSQL(SOURCES, (page.path,)))  # noqa: S611 - a parameter
    return PageViewRestriction.objects.filter(
        Exists(sources.order_by().filter(path__startswith=OuterRef("page__path")))
    )


def published_pages():
    """Return the public pages of every type."""
    return PublishedQuerySet(Page).published()
