"""Which pages everybody may see."""

from django.db.models import Exists, OuterRef
from django.db.models.functions import Length, Substr
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet


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
        pages = self.exclude(is_in("page__path", path="alias_of__path"))
        for private in ("page__path", "page__aliases__path", "page__aliases__aliases__path"):
            pages = pages.exclude(is_in(private))
        return pages


def is_in(private, path="path"):
    """Return the condition that a page, whose path is in the field `path`, is `private` or below it.

    `private`: the way from a restriction to the path of a page that it makes private.
    """
    start = Substr(OuterRef(path), 1, Length(private))
    return Exists(PageViewRestriction.objects.filter(**{private: start}))


def published_pages():
    """Return the public pages of every type."""
    return PublishedQuerySet(Page).published()
