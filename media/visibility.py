"""Which pages everybody may see."""

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Length, Substr
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from media.generation import in_transaction, kept, mark, mark_of_visit

# With more private pages than these, the database is asked which they are, within each query.
MOST_PATHS = 20


class PublishedQuerySet(PageQuerySet):
    """Wagtail's pages, with the one word that every public query uses."""

    def published(self):
        """Only what every visitor may see: no draft, nothing unpublished, no private page."""
        return self.live().public()

    def public(self):
        """Leave out private pages and all below them, within the query itself.

        Wagtail's own method asks for the restrictions first, each time, and it forgets that an alias
        of a private page is private too, with all below it (its get_view_restrictions does not forget).
        """
        paths = known_paths()
        if paths is not None and len(paths) <= MOST_PATHS:
            pages = self
            for path in paths:
                pages = pages.exclude(Q(path__startswith=path) | Q(alias_of__path__startswith=path))
            return pages
        private, *aliases = kept_back()
        pages = self.exclude(is_in(private, path="alias_of__path"))
        for pages_kept_back in (private, *aliases):
            pages = pages.exclude(is_in(pages_kept_back))
        return pages


def kept_back():
    """Return the private pages, their aliases, and the aliases of those."""
    private = Page.objects.filter(pk__in=PageViewRestriction.objects.values("page"))
    aliases = Page.objects.filter(alias_of__in=private.values("pk"))
    return private, aliases, Page.objects.filter(alias_of__in=aliases.values("pk"))


def known_paths():
    """Return the paths of all that is kept back; None when they would not be sure."""
    now = mark_of_visit.get() or mark.read()
    if now is None or in_transaction():
        return None
    return kept("kept back", find_paths, now)


def find_paths():
    return [path for pages in kept_back() for path in pages.values_list("path", flat=True)]


def is_in(private, path="path"):
    """Return the condition that a page, whose path is in the field `path`, is one of `private` or below it.

    `private` are found by keys, and not by joins: SQLite, which keeps no statistics, would begin a join
    with all pages, once more for each page.
    """
    return Exists(private.order_by().filter(path=Substr(OuterRef(path), 1, Length("path"))))


def restrictions_on(page):
    """Return the restrictions on `page` and all above it: the `get_view_restrictions` of every page type.

    One query at most, where Wagtail's own takes two. It also sees a private page above an alias's source.
    """
    if known_paths() == []:
        return PageViewRestriction.objects.none()
    paths = [page.path[:end] for end in range(Page.steplen, len(page.path) + 1, Page.steplen)]
    sources = Page.objects.filter(Q(aliases__path__in=paths) | Q(aliases__aliases__path__in=paths))
    is_above_source = Exists(sources.order_by().filter(path__startswith=OuterRef("page__path")))
    return PageViewRestriction.objects.filter(Q(page__path__in=paths) | is_above_source)


def published_pages():
    """Return the public pages of every type."""
    return PublishedQuerySet(Page).published()
